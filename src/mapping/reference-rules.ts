import type { PrimaryGroup } from '../ldap/dialect.ts'
import type { Attribute } from '../scim/attribute.ts'
import type { ResolvedPath } from '../scim/path.ts'
import { findAttribute } from '../scim/schema.ts'
import type { Compilation } from './compilation.ts'
import { compileDn, reportDenied } from './compilation.ts'
import type { AttributeObject, MappingDocument } from './document.ts'
import type { DocumentPath } from './problem.ts'
import { suggestion } from './problem.ts'
import type {
  AttributeRule,
  BacklinkRule,
  ReferenceRule,
  ResourceRules,
  ValueRule,
} from './rules.ts'

/** An attribute whose values name resources. Reports what is wrong with it; `undefined` then. */
export function compileReference(
  compilation: Compilation,
  at: DocumentPath,
  key: string,
  path: ResolvedPath,
  object: AttributeObject,
): AttributeRule | undefined {
  const { attribute } = path
  const types = [object.reference ?? []].flat()
  for (const type of types) {
    if (compilation.resourceNames.includes(type)) continue
    const known = compilation.resourceNames
    compilation.report(
      [...at, 'reference'],
      `no resource type is called ${JSON.stringify(type)}${suggestion(type, known)}`,
    )
  }
  if (
    path.sub !== undefined ||
    findAttribute(attribute.subAttributes ?? [], 'value') === undefined
  ) {
    compilation.report(
      at,
      `a reference needs an attribute with a "value" sub-attribute, such as members or manager`,
    )
    return undefined
  }
  reportDisplay(compilation, [...at, 'display'], types, object.display)
  const displayAs = ['display', 'displayName'].find(
    (name) => findAttribute(attribute.subAttributes ?? [], name) !== undefined,
  )
  const refuseWrites = object.onWrite === 'refuse'
  const shown = {
    key,
    path,
    types,
    display: object.display ?? 'displayName',
    displays: new Map<string, string>(),
    ...(displayAs !== undefined && { displayAs }),
    refuseWrites,
  }
  const { backlink, by, ldap = '' } = object
  if (backlink !== undefined) return { kind: 'backlink', ...shown, backlink, holders: new Map() }
  if (attribute.mutability !== 'readOnly') reportDenied(compilation, at, ldap)
  const placeholder = compileDn(compilation, [...at, 'placeholder'], object.placeholder)
  const primary = object.primary && compilePrimary(compilation, [...at, 'primary'], attribute)
  return {
    kind: 'reference',
    ...shown,
    ldap,
    ...(by !== undefined && { by }),
    ...(placeholder !== undefined && { placeholder }),
    ...(primary !== undefined && { primary }),
  }
}

function compilePrimary(
  { dialect, report }: Compilation,
  at: DocumentPath,
  { name, mutability }: Attribute,
): PrimaryGroup | undefined {
  if (dialect.primaryGroup === undefined) report(at, 'the dialect knows no primary group')
  if (mutability !== 'readOnly') report(at, `is for what is readOnly, and ${name} is ${mutability}`)
  return dialect.primaryGroup
}

/** A name to show that none of the types has would be missing without a word. */
function reportDisplay(
  { document, report }: Compilation,
  at: DocumentPath,
  types: readonly string[],
  display: string | undefined,
): void {
  if (display === undefined) return
  const { resources } = document.value as Partial<MappingDocument>
  const known = types.flatMap((type) => Object.keys(resources?.[type]?.attributes ?? {}))
  if (types.some((type) => resources?.[type] === undefined) || known.includes(display)) return
  report(
    at,
    `no attribute of ${types.join(' or ')} that is mapped is called ${JSON.stringify(display)}${suggestion(display, known)}`,
  )
}

/** What only all resource types together tell of references: whether there is what names them. */
export function reportNaming(
  compilation: Compilation,
  { type, attributes }: ResourceRules,
  all: readonly ResourceRules[],
): void {
  for (const rule of attributes) {
    if (rule.kind !== 'reference' && rule.kind !== 'backlink') continue
    const at: DocumentPath = ['resources', type.name, 'attributes', rule.key]
    for (const meant of all.filter((one) => rule.types.includes(one.type.name))) {
      if (rule.kind === 'backlink') reportNoHolder(compilation, at, rule, meant, type.name)
      else if (rule.by !== undefined) reportNameless(compilation, at, rule.by, meant)
    }
  }
}

/** A name must be known of every resource, and when it changes, so an attribute must be mapped to it. */
function reportNameless(
  { report }: Compilation,
  at: DocumentPath,
  by: string,
  { type, attributes }: ResourceRules,
): void {
  const names = attributes.flatMap((rule) => (isName(rule) ? [rule.ldap] : []))
  if (names.some((ldap) => ldap.toLowerCase() === by.toLowerCase())) return
  report(
    [...at, 'by'],
    `no attribute of ${type.name} with one value, text or a whole number, is mapped to ${JSON.stringify(by)}${suggestion(by, names)}`,
  )
}

function isName(rule: AttributeRule): rule is ValueRule {
  if (rule.kind !== 'value' || rule.perClient) return false
  const { multiValued, type } = rule.path.sub ?? rule.path.attribute
  const { tag, compares } = rule.transform
  const plain = compares === 'text' || type === 'integer'
  return !multiValued && plain && tag === undefined
}

function reportNoHolder(
  { report }: Compilation,
  at: DocumentPath,
  { backlink }: BacklinkRule,
  { type, attributes }: ResourceRules,
  own: string,
): void {
  const known = attributes.flatMap((rule) =>
    rule.kind === 'reference' && rule.types.includes(own) ? [rule.key] : [],
  )
  if (known.includes(backlink)) return
  report(
    [...at, 'backlink'],
    `no attribute of ${type.name} that refers to a ${own} is called ${JSON.stringify(backlink)}${suggestion(backlink, known)}`,
  )
}

/** Rules learn of the types that they refer to what names them, and who holds backlinks. */
export function withReferences(
  resource: ResourceRules,
  all: readonly ResourceRules[],
): ResourceRules {
  const attributes = resource.attributes.map((rule) => {
    if (rule.kind === 'reference') return { ...rule, displays: displaysOf(rule, all) }
    if (rule.kind !== 'backlink') return rule
    return { ...rule, displays: displaysOf(rule, all), holders: holdersOf(rule, all) }
  })
  return { ...resource, attributes }
}

function displaysOf(
  rule: ReferenceRule | BacklinkRule,
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

function holdersOf(
  { types, backlink }: BacklinkRule,
  all: readonly ResourceRules[],
): ReadonlyMap<string, ReferenceRule> {
  const holders = new Map<string, ReferenceRule>()
  for (const { type, attributes } of all) {
    const holder = attributes.find(({ key }) => key === backlink)
    if (types.includes(type.name) && holder?.kind === 'reference') holders.set(type.name, holder)
  }
  return holders
}
