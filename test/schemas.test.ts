import { globSync } from 'node:fs'
import { dirname, posix } from 'node:path'
import { Ajv } from 'ajv'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { SHIPPED_SCHEMAS, shippedText, textOf } from './support/schemas.ts'

interface Schema {
  readonly description?: string
  readonly $ref?: string
  readonly properties?: Readonly<Record<string, Schema>>
  readonly definitions?: Readonly<Record<string, Schema>>
  readonly [keyword: string]: unknown
}

describe.each(SHIPPED_SCHEMAS)('$file', (shipped) => {
  const text = shippedText(shipped.file)
  const schema = JSON.parse(text) as Schema

  test('is current: "npm run schemas" writes it', async () => {
    expect(text).toBe(await textOf(shipped))
  })

  test('is a schema of draft-07 on its own', () => {
    expect(schema.$schema).toBe('http://json-schema.org/draft-07/schema#')
    const ajv = new Ajv({ strict: true, allowUnionTypes: true })
    expect(ajv.validateSchema(schema)).toBe(true)
    expect(ajv.compile(schema)({})).toBe(false)
  })

  test('describes every property, for editors to show', () => {
    const undescribed = [...propertiesIn(schema, '')]
      .filter(([, property]) => described(schema, property) === undefined)
      .map(([path]) => path)
    expect(undescribed).toEqual([])
  })

  test('has no description beside a $ref, where draft-07 ignores it', () => {
    const beside = [...schemasIn(schema, '')].filter(
      ([, { $ref, ...others }]) => $ref !== undefined && Object.keys(others).length > 0,
    )
    expect(beside.map(([path]) => path)).toEqual([])
  })
})

describe.each(globSync('mappings/*.yaml'))('%s', (file) => {
  const text = shippedText(file)

  test('tells editors where its schema is', () => {
    const named = /^# yaml-language-server: \$schema=(\S+)\n/.exec(text)?.[1] ?? ''
    expect(posix.join(dirname(file), named)).toBe('mappings/mapping.schema.json')
  })

  test('is valid by that schema alone', () => {
    const schema = JSON.parse(shippedText('mappings/mapping.schema.json')) as Schema
    const validate = new Ajv({ allowUnionTypes: true }).compile(schema)
    validate(parse(text))
    expect(validate.errors).toBeNull()
  })
})

function described(root: Schema, { description, $ref }: Schema): string | undefined {
  const definition = $ref?.replace('#/definitions/', '') ?? ''
  return description ?? root.definitions?.[definition]?.description
}

function* propertiesIn(schema: Schema, at: string): Generator<readonly [string, Schema]> {
  for (const [path, inner] of schemasIn(schema, at)) {
    for (const [name, property] of Object.entries(inner.properties ?? {})) {
      yield [`${path}/properties/${name}`, property]
    }
  }
}

/** The schema and all schemas within it. */
function* schemasIn(value: unknown, at: string): Generator<readonly [string, Schema]> {
  if (typeof value !== 'object' || value === null) return
  const named = /\/(properties|definitions)$/.test(at)
  if (!Array.isArray(value) && !named) yield [at, value as Schema]
  for (const [key, inner] of Object.entries(value)) yield* schemasIn(inner, `${at}/${key}`)
}
