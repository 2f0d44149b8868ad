import { DIALECTS } from '../ldap/dialects.ts'
import type { Dn } from '../ldap/dn.ts'
import { parseDn } from '../ldap/dn.ts'
import { parseFilter } from '../ldap/filter-text.ts'
import { FALSE } from '../ldap/filter.ts'
import { isDecidable } from '../ldap/match.ts'
import type { ResourceType } from '../scim/resource-type.ts'
import type { Schema } from '../scim/schema.ts'
import { compileAttribute } from './attribute-rules.ts'
import type { Compilation } from './compilation.ts'
import { compileConstant, compileDn, compileVariables, reportDenied } from './compilation.ts'
import {
  reportCounted,
  reportGaps,
  reportSharedAttributes,
  reportStray,
  reportUnread,
} from './consistency.ts'
import type { MappingDocument, ResourceDocument, WriteDocument } from './document.ts'
import { shapeErrors } from './document-schema.ts'
import { compileAdoption, compileLeaving, reportGroupless } from './lifecycle.ts'
import { reportTakenNames } from './names.ts'
import type { Document, DocumentPath, Problem } from './problem.ts'
import { printPath, problemAt, suggestion } from './problem.ts'
import { defaultProtection } from './protection.ts'
import { prunedType } from './pruned-type.ts'
import { reportNaming, withReferences } from './reference-rules.ts'
import type { ResourceRules, Rules, WriteRule } from './rules.ts'
import { catalogueOf } from './schemas.ts'
import { pathOf, problemsOfShape } from './shape.ts'
import { expandFilter } from './template.ts'

/**
 * Compiles a mapping file.
 *
 * @param suffix The directory's suffix, `{{ suffix }}` in the mapping.
 * @returns The rules, or every problem of the file.
 */
export function compileMapping(
  document: Document,
  suffix: Dn,
): { readonly rules: Rules } | { readonly problems: readonly Problem[] } {
  const errors = shapeErrors(document.value)
  const problems = [...problemsOfShape(document, errors)]
  if (typeof document.value !== 'object' || document.value === null) return { problems }
  const broken = errors
    .filter(({ keyword }) => !INCOMPLETE.has(keyword))
    .map(pathOf)
    .map(printPath)
  const mapping = soundParts(document.value, new Set(broken)) as Partial<MappingDocument>
  const catalogue = catalogueOf(mapping)
  const extensions = new Map([...catalogue.aliases].map(([alias, { id }]) => [alias, id]))
  const dialect = DIALECTS[mapping.dialect ?? 'openldap']
  const compilation: Compilation = {
    document,
    dialect,
    catalogue,
    scope: { suffix, extensions },
    resourceNames: Object.keys((document.value as Partial<MappingDocument>).resources ?? {}),
    report: (path, message) => problems.push(problemAt(document, path, message)),
  }
  reportTakenNames(compilation, mapping)
  const resources = Object.entries(mapping.resources ?? {}).map(([name, resource]) =>
    compileResource(compilation, name, resource),
  )
  const compiled = resources.filter((resource) => resource !== undefined)
  for (const resource of compiled) {
    reportGroupless(compilation, resource, compiled)
    reportNaming(compilation, resource, compiled)
  }
  // What follows from other problems is not worth telling.
  if (problems.length === 0) for (const resource of compiled) reportUnread(compilation, resource)
  if (problems.length > 0) return { problems: inOrder(problems) }
  return {
    rules: {
      dialect,
      scope: compilation.scope,
      resources: compiled.map((resource) => withReferences(resource, compiled)),
      protection: defaultProtection(dialect, suffix),
    },
  }
}

function compileResource(
  compilation: Compilation,
  name: string,
  resource: Partial<ResourceDocument>,
): ResourceRules | undefined {
  const { catalogue, report } = compilation
  const at: DocumentPath = ['resources', name]
  const core =
    resource.schema === undefined
      ? catalogue.core.get(name)
      : catalogue.aliases.get(resource.schema)
  if (core === undefined) {
    const aliases = [...catalogue.aliases.keys()]
    if (resource.schema === undefined) {
      report(
        at,
        `needs "schema": the alias of a schema under "schemas"; only ${[...catalogue.core.keys()].join(' and ')} have one of their own`,
      )
    } else {
      report(
        [...at, 'schema'],
        `no schema has the alias ${JSON.stringify(resource.schema)}${suggestion(resource.schema, aliases)}`,
      )
    }
    return undefined
  }
  const base = compileDn(compilation, [...at, 'base'], resource.base)
  const filter = compileFilter(compilation, [...at, 'filter'], resource.filter)
  const attributes = Object.entries(resource.attributes ?? {}).flatMap(([key, attribute]) => {
    const rule = compileAttribute(compilation, core, [...at, 'attributes', key], key, attribute)
    return rule === undefined ? [] : [rule]
  })
  reportGaps(compilation, core, name)
  reportCounted(compilation, at, attributes)
  const dn = compileVariables(compilation, core, [...at, 'dn'], resource.dn)
  if (dn !== undefined && base !== undefined)
    reportStray(compilation, core, [...at, 'dn'], dn, base)
  const writes = Object.entries(resource.write ?? {}).flatMap(([ldap, write]) => {
    const rule = compileWrite(compilation, core, [...at, 'write', ldap], ldap, write)
    return rule === undefined ? [] : [rule]
  })
  reportSharedAttributes(compilation, at, attributes, writes)
  const leaving = compileLeaving(compilation, [...at, 'delete'], resource.delete, base, attributes)
  const adoptBy = compileAdoption(compilation, [...at, 'onConflict'], resource, attributes)
  if (base === undefined || filter === undefined || dn === undefined) return undefined
  const type: ResourceType = prunedType(name, resource, core, attributes)
  return {
    type,
    base,
    filter,
    objectClasses: resource.objectClass ?? [],
    naming: { dn, rename: resource.rename !== 'never' },
    ...(leaving !== undefined && { leaving }),
    adoptBy,
    attributes,
    writes,
  }
}

function compileFilter(
  { scope, report }: Compilation,
  at: DocumentPath,
  source: string | undefined,
) {
  if (source === undefined) return undefined
  try {
    const filter = parseFilter(expandFilter(compileConstant(source), scope))
    if (isDecidable(filter)) return filter
    report(
      at,
      'may use &, |, !, equality, substrings and presence only, so that the gateway can decide it too',
    )
  } catch (error) {
    report(at, (error as Error).message)
  }
  return FALSE
}

function compileWrite(
  compilation: Compilation,
  core: Schema,
  at: DocumentPath,
  ldap: string,
  { on, value }: Partial<WriteDocument>,
): WriteRule | undefined {
  reportDenied(compilation, at, ldap)
  const template = compileVariables(compilation, core, [...at, 'value'], value)
  if (template?.numbered === true && on === 'always') {
    compilation.report(
      [...at, 'value'],
      'n is counted when an entry is made: it may be used in `dn`, and in `write` with "on: create"',
    )
  }
  return template === undefined || on === undefined ? undefined : { ldap, value: template, on }
}

/** Keywords that blame a whole for one of its parts, or for lacking one; the others are sound. */
const INCOMPLETE = new Set(['required', 'minProperties', 'minItems', 'propertyNames'])

/** The document less the parts with the wrong shape; what is left has the types of `MappingDocument`. */
function soundParts(value: unknown, broken: ReadonlySet<string>, path: DocumentPath = []): unknown {
  if (Array.isArray(value)) {
    const items = value.map((item, index) => soundParts(item, broken, [...path, index]))
    return items.includes(undefined) ? undefined : items
  }
  if (typeof value !== 'object' || value === null) return value
  const kept: [string, unknown][] = []
  for (const [key, item] of Object.entries(value)) {
    const inner = [...path, key]
    const sound = broken.has(printPath(inner)) ? undefined : soundParts(item, broken, inner)
    if (sound !== undefined) kept.push([key, sound])
  }
  return Object.fromEntries(kept)
}

function inOrder(problems: readonly Problem[]): readonly Problem[] {
  return [...problems].sort(
    (a, b) => (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0),
  )
}

/** The DN of a directory's suffix; `undefined` where the text is none. */
export function parseSuffix(text: string): Dn | undefined {
  try {
    const dn = parseDn(text)
    return dn.rdns.length === 0 ? undefined : dn
  } catch {
    return undefined
  }
}
