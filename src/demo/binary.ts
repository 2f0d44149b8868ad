import { access, constants } from 'node:fs/promises'
import { delimiter, join } from 'node:path'

/** Servers are often outside of an ordinary user's PATH. */
const SYSTEM_FOLDERS = ['/usr/local/sbin', '/usr/sbin', '/sbin']

/**
 * The path of an installed program.
 *
 * @throws {Error} If it is not installed.
 */
export async function findBinary(name: string): Promise<string> {
  const path = await lookUpBinary(name)
  if (path === undefined) throw new Error(`the program "${name}" is not installed`)
  return path
}

/** As `findBinary`; `undefined` where it is not installed. */
export async function lookUpBinary(name: string): Promise<string | undefined> {
  const folders = [...(process.env.PATH ?? '').split(delimiter), ...SYSTEM_FOLDERS]
  for (const folder of folders) {
    const path = join(folder, name)
    try {
      await access(path, constants.X_OK)
      return path
    } catch {
      // not there
    }
  }
  return undefined
}
