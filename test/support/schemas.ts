import { readFileSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { format, resolveConfig } from 'prettier'
import { SETTINGS_SCHEMA } from '../../src/config/settings-schema.ts'
import { MAPPING_SCHEMA } from '../../src/mapping/document-schema.ts'

const ROOT = resolve(import.meta.dirname, '../..')

/** The JSON Schemas that are shipped for editors, by file. */
export const SHIPPED_SCHEMAS = [
  { file: 'gateway.schema.json', schema: SETTINGS_SCHEMA },
  { file: 'mappings/mapping.schema.json', schema: MAPPING_SCHEMA },
] as const

/** The text that the file must have. */
export async function textOf({ file, schema }: (typeof SHIPPED_SCHEMAS)[number]): Promise<string> {
  const path = resolve(ROOT, file)
  return format(JSON.stringify(schema), { ...(await resolveConfig(path)), filepath: path })
}

/** The text that the file has. */
export function shippedText(file: string): string {
  return readFileSync(resolve(ROOT, file), 'utf8')
}

// npm run schemas
if (import.meta.main) {
  for (const shipped of SHIPPED_SCHEMAS) {
    writeFileSync(resolve(ROOT, shipped.file), await textOf(shipped))
  }
}
