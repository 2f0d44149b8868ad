import { existsSync, readdirSync } from 'node:fs'
import { basename, extname, join } from 'node:path'
import { suggestion } from '../mapping/problem.ts'
import type { Folder } from './folder.ts'

/**
 * The file of a mapping: a bare name is one that is shipped, anything else a file.
 *
 * @param folder Of the settings.
 */
export function findMapping(
  name: string,
  folder: Folder,
  shippedMappings: string,
  complain: (message: string) => void,
): string | undefined {
  const isName = extname(name) === '' && basename(name) === name
  const file = isName ? join(shippedMappings, `${name}.yaml`) : folder.pathOf(name)
  if (existsSync(file)) return file
  const shipped = readdirSync(shippedMappings)
    .filter((one) => extname(one) === '.yaml')
    .map((one) => basename(one, '.yaml'))
  complain(
    isName
      ? `no shipped mapping is called ${JSON.stringify(name)}; there is ${shipped.join(', ')}${suggestion(name, shipped)}`
      : `there is no file ${file}`,
  )
  return undefined
}
