import type { Dialect } from '../ldap/dialect.ts'
import type { Dn } from '../ldap/dn.ts'
import type { Schema } from '../scim/schema.ts'
import { isDenied, WRITABLE_BITS } from './denied.ts'
import type { Document, DocumentPath } from './problem.ts'
import { suggestion } from './problem.ts'
import type { Catalogue } from './schemas.ts'
import { dottedNames } from './schemas.ts'
import type { Template, TemplateScope } from './template.ts'
import { compileTemplate, expandDn } from './template.ts'
import type { Transform } from './transform.ts'

/** What every part of the compilation is given. */
export interface Compilation {
  readonly document: Document
  readonly dialect: Dialect
  readonly catalogue: Catalogue
  readonly scope: TemplateScope
  readonly resourceNames: readonly string[]
  /** Notes a problem; compiling goes on, so that all are found. */
  report(path: DocumentPath, message: string): void
}

/** A template whose variables the schemas know; reports what is wrong with it. */
export function compileVariables(
  { catalogue, report }: Compilation,
  core: Schema,
  at: DocumentPath,
  source: string | undefined,
): Template | undefined {
  if (source === undefined) return undefined
  let template: Template
  try {
    template = compileTemplate(source)
  } catch (error) {
    report(at, (error as Error).message)
    return undefined
  }
  const known = [
    ...dottedNames(core),
    ...[...catalogue.aliases].flatMap(([alias, schema]) =>
      dottedNames(schema).map((name) => `${alias}.${name}`),
    ),
    'suffix',
    'n',
  ]
  let sound = true
  for (const segments of template.variables) {
    const name = segments.filter((segment) => typeof segment === 'string').join('.')
    if (known.includes(name)) continue
    report(at, `no attribute is called ${JSON.stringify(name)}${suggestion(name, known)}`)
    sound = false
  }
  return sound ? template : undefined
}

/**
 * A template that reads `{{ suffix }}` at most.
 *
 * @throws {SyntaxError} Where it is none; the message says why.
 */
export function compileConstant(source: string): Template {
  const template = compileTemplate(source)
  const [variable] = template.numbered ? [['n']] : template.variables
  if (variable === undefined) return template
  const name = variable.join('.')
  throw new SyntaxError(`only {{ suffix }} may be used here, not ${JSON.stringify(name)}`)
}

/** A DN that may use `{{ suffix }}` and nothing else. */
export function compileDn(
  { scope, report }: Compilation,
  at: DocumentPath,
  source: string | undefined,
): Dn | undefined {
  if (source === undefined) return undefined
  try {
    const expanded = expandDn(compileConstant(source), {}, scope)
    if ('dn' in expanded && expanded.dn.rdns.length > 0) return expanded.dn
    report(at, 'must be a DN, not empty')
  } catch (error) {
    report(at, (error as Error).message)
  }
  return undefined
}

/**
 * Reports an LDAP attribute that no mapping may write, or bits of one.
 *
 * @param bits What of the attribute is written, where that is not all.
 */
export function reportDenied(
  { report }: Compilation,
  at: DocumentPath,
  ldap: string,
  { bits }: Pick<Transform, 'bits'> = {},
): void {
  const [type = ''] = ldap.toLowerCase().split(';')
  const writable = WRITABLE_BITS.get(type)
  if (bits !== undefined && writable !== undefined) {
    if (writable.has(bits)) return
    const known = [...writable].map(([bit, name]) => `${inHex(bit)} (${name})`).join(' and ')
    report(at, `bit ${inHex(bits)} of ${ldap} may not be mapped; these may: ${known}`)
  } else if (isDenied(ldap)) {
    report(
      at,
      `${ldap} may not be mapped: whoever writes it can take over accounts (docs/mapping.md, "Denied attributes")`,
    )
  }
}

function inHex(bits: bigint): string {
  return `0x${bits.toString(16)}`
}
