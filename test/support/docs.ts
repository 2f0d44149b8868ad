import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'

const ROOT = resolve(import.meta.dirname, '../..')

/** The text of a code block of a page, by what stands behind its fence. */
export function blockOf(page: string, info: string): string {
  const text = readFileSync(resolve(ROOT, page), 'utf8')
  const [, block] = new RegExp(`^\`\`\`${info}\n([^]*?)^\`\`\`$`, 'm').exec(text) ?? []
  if (block === undefined) throw new Error(`${page} has no block "${info}"`)
  return block
}
