import { DIALECTS } from '../ldap/dialects.ts'
import type { Dn } from '../ldap/dn.ts'
import { isWithin, parseDn, printDn } from '../ldap/dn.ts'
import { parseFilter } from '../ldap/filter-text.ts'
import { FALSE } from '../ldap/filter.ts'
import { isDecidable } from '../ldap/match.ts'
import type { Resource } from '../scim/resource.ts'
import type { ResourceType } from '../scim/resource-type.ts'
import type { Schema } from '../scim/schema.ts'
import { compileAttribute } from './attribute-rules.ts'
import type { Compilation } from './compilation.ts'
import { compileConstant, compileDn, compileVariables, reportDenied } from './compilation.ts'
import type { MappingDocument, ResourceDocument, WriteDocument } from './document.ts'
import { shapeErrors } from './document.ts'
import type { Document, DocumentPath, Problem } from './problem.ts'
import { printPath, problemAt, suggestion } from './problem.ts'
import { prunedType } from './pruned-type.ts'
import type { AttributeRule, ReferenceRule, ResourceRules, Rules, WriteRule } from './rules.ts'
import { catalogueOf, findExactly } from './schemas.ts'
import { pathOf, problemsOfShape } from './shape.ts'
import type { Template } from './template.ts'
import { expandDn, expandText } from './template.ts'

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
  const compilation: Compilation = {
    document,
    catalogue,
    scope: { suffix, extensions },
    resourceNames: Object.keys((document.value as Partial<MappingDocument>).resources ?? {}),
    report: (path, message) => problems.push(problemAt(document, path, message)),
  }
  const resources = Object.entries(mapping.resources ?? {}).map(([name, resource]) =>
    compileResource(compilation, name, resource),
  )
  if (problems.length > 0) return { problems: inOrder(problems) }
  const compiled = resources.filter((resource) => resource !== undefined)
  return {
    rules: {
      dialect: DIALECTS[mapping.dialect ?? 'openldap'],
      scope: compilation.scope,
      resources: compiled.map((resource) => withDisplays(resource, compiled)),
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
  const dn = compileVariables(compilation, core, [...at, 'dn'], resource.dn)
  if (dn !== undefined && base !== undefined)
    reportStray(compilation, core, [...at, 'dn'], dn, base)
  const writes = Object.entries(resource.write ?? {}).flatMap(([ldap, write]) => {
    const rule = compileWrite(compilation, core, [...at, 'write', ldap], ldap, write)
    return rule === undefined ? [] : [rule]
  })
  reportSharedAttributes(compilation, at, attributes, writes)
  if (base === undefined || filter === undefined || dn === undefined) return undefined
  const type: ResourceType = prunedType(name, resource, core, attributes)
  return {
    type,
    base,
    filter,
    objectClasses: resource.objectClass ?? [],
    naming: { dn, rename: resource.rename !== 'never' },
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
    const filter = parseFilter(expandText(compileConstant(source), {}, scope))
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
  return template === undefined || on === undefined ? undefined : { ldap, value: template, on }
}

/** What the schema requires must be mapped, else no client can ever satisfy it. */
function reportGaps({ document, report }: Compilation, core: Schema, type: string): void {
  // As written: an attribute with a problem of its own is no gap.
  const { resources } = document.value as Partial<MappingDocument>
  const written: unknown = resources?.[type]?.attributes
  if (typeof written !== 'object' || written === null) return
  for (const { name, required } of core.attributes) {
    const mapped = Object.keys(written).some((key) => key.split('.')[0] === name)
    if (!required || mapped) continue
    report(
      ['resources', type, 'attributes'],
      `${name} is required by ${core.id} and must be mapped`,
    )
  }
}

/** An example of the DN must lie in the base, else every create would be refused. */
function reportStray(
  { scope, report }: Compilation,
  core: Schema,
  at: DocumentPath,
  template: Template,
  base: Dn,
): void {
  const example: Record<string, unknown> = {}
  for (const segments of template.variables) {
    let level = example
    const path = segments.map((segment, index) =>
      index === 0 ? (scope.extensions.get(String(segment)) ?? segment) : segment,
    )
    for (const segment of path.slice(0, -1)) {
      if (typeof level[segment] !== 'object') level[segment] = {}
      level = level[segment] as typeof level
    }
    const complex = findExactly(core, segments.join('.'))?.attribute.type === 'complex'
    level[path.at(-1) ?? ''] ??= complex && path.length === 1 ? {} : 'example'
  }
  try {
    const expanded = expandDn(template, example as Resource, scope)
    if ('dn' in expanded && !isWithin(expanded.dn, base)) {
      report(at, `${printDn(expanded.dn)} would not lie below the base ${printDn(base)}`)
    }
  } catch (error) {
    report(at, (error as Error).message)
  }
}

/** Two rules that write one LDAP attribute would undo each other. */
function reportSharedAttributes(
  { report }: Compilation,
  at: DocumentPath,
  rules: readonly AttributeRule[],
  writes: readonly WriteRule[],
): void {
  const owners = new Map<string, string>()
  const claim = (ldap: string, owner: string, path: DocumentPath) => {
    const other = owners.get(ldap.toLowerCase())
    if (other === undefined) owners.set(ldap.toLowerCase(), owner)
    else if (other !== owner) report(path, `${ldap} is already written by ${other}`)
  }
  for (const rule of rules) {
    const { key } = rule
    const names =
      rule.kind === 'slots'
        ? rule.slots.flatMap(({ parts }) => [...parts.values()].map(({ ldap }) => ldap))
        : rule.kind === 'value' || rule.kind === 'reference'
          ? [rule.ldap]
          : []
    const readOnly = (rule.path.sub ?? rule.path.attribute).mutability === 'readOnly'
    if (readOnly) continue
    if (new Set(names.map((name) => name.toLowerCase())).size < names.length) {
      report([...at, 'attributes', key], 'two slots use the same LDAP attribute')
    }
    for (const name of names) claim(name, key, [...at, 'attributes', key])
  }
  for (const { ldap } of writes) claim(ldap, printPath(['write', ldap]), [...at, 'write', ldap])
}

/** Reference rules learn which LDAP attribute names what they point to; needs all types compiled. */
function withDisplays(resource: ResourceRules, all: readonly ResourceRules[]): ResourceRules {
  const attributes = resource.attributes.map((rule) =>
    rule.kind === 'reference' ? { ...rule, displays: displaysOf(rule, all) } : rule,
  )
  return { ...resource, attributes }
}

function displaysOf(
  rule: ReferenceRule,
  all: readonly ResourceRules[],
): ReadonlyMap<string, string> {
  const displays = new Map<string, string>()
  for (const { type, attributes } of all) {
    const shown = attributes.find(({ kind, key }) => kind === 'value' && key === rule.display)
    if (rule.types.includes(type.name) && shown?.kind === 'value')
      displays.set(type.name, shown.ldap)
  }
  return displays
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
