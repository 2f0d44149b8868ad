import type { Dialect } from '../ldap/dialect.ts'
import type { Dn } from '../ldap/dn.ts'
import { isWithin, printDn } from '../ldap/dn.ts'
import type { Resource } from '../scim/resource.ts'
import type { Schema } from '../scim/schema.ts'
import { isAllocating } from './allocation.ts'
import type { Compilation } from './compilation.ts'
import type { MappingDocument } from './document.ts'
import type { DocumentPath } from './problem.ts'
import { printPath } from './problem.ts'
import type { AttributeRule, ResourceRules, SlotPart, WriteRule } from './rules.ts'
import { findExactly } from './schemas.ts'
import type { Template } from './template.ts'
import { expandDn } from './template.ts'

/** What the schema requires must be mapped, else no client can ever satisfy it. */
export function reportGaps({ document, report }: Compilation, core: Schema, type: string): void {
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

/** A template that reads what no line maps would find nothing there, ever. */
export function reportUnread({ report }: Compilation, resource: ResourceRules): void {
  const { type, attributes, naming, writes } = resource
  const at: DocumentPath = ['resources', type.name]
  const templates: (readonly [DocumentPath, Template])[] = [[[...at, 'dn'], naming.dn]]
  for (const rule of attributes) {
    if (rule.kind === 'value' && rule.default !== undefined) {
      templates.push([[...at, 'attributes', rule.key, 'default'], rule.default])
    }
  }
  for (const { ldap, value } of writes) templates.push([[...at, 'write', ldap, 'value'], value])
  for (const [path, { variables }] of templates) {
    for (const segments of variables) {
      const name = segments.filter((segment) => typeof segment === 'string').join('.')
      const mapped = attributes.some(
        ({ key }) => `${name}.`.startsWith(`${key}.`) || key.startsWith(`${name}.`),
      )
      if (!mapped) report(path, `${name} is not mapped, so it never has a value`)
    }
  }
}

/** A value that is found missing again and again would be counted anew each time. */
export function reportCounted(
  { report }: Compilation,
  at: DocumentPath,
  rules: readonly AttributeRule[],
): void {
  for (const rule of rules) {
    if (rule.kind !== 'value' || rule.default?.numbered !== true) continue
    report(
      [...at, 'attributes', rule.key, 'default'],
      'n is counted when an entry is made: it may be used in `dn`, and in `write` with "on: create"',
    )
  }
}

/** An example of the DN must lie in the base, else every create would be refused. */
export function reportStray(
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
export function reportSharedAttributes(
  { dialect, report }: Compilation,
  at: DocumentPath,
  rules: readonly AttributeRule[],
  writes: readonly WriteRule[],
): void {
  const owners: (Place & { readonly owner: string })[] = []
  const claim = (place: Place, owner: string, path: DocumentPath) => {
    const other = owners.find((one) => overlap(one, place))
    if (other === undefined) owners.push({ ...place, owner })
    else if (other.owner !== owner)
      report(path, `${place.ldap} is already written by ${other.owner}`)
  }
  for (const rule of rules) {
    const { key } = rule
    const places = ownedBy(rule, dialect)
    const readOnly = (rule.path.sub ?? rule.path.attribute).mutability === 'readOnly'
    if (readOnly && !isAllocating(rule)) continue
    if (places.some((place, index) => places.slice(0, index).some((one) => overlap(one, place)))) {
      report([...at, 'attributes', key], 'two slots use the same LDAP attribute')
    }
    for (const place of places) claim(place, key, [...at, 'attributes', key])
  }
  for (const { ldap } of writes) {
    claim({ ldap, tag: '' }, printPath(['write', ldap]), [...at, 'write', ldap])
  }
}

/**
 * Values of an LDAP attribute: those that begin with a tag, all of them where it is empty; or bits
 * of its integer.
 */
interface Place {
  readonly ldap: string
  readonly tag: string
  readonly bits?: bigint | undefined
}

function overlap(one: Place, other: Place): boolean {
  if (one.bits !== undefined && other.bits !== undefined && (one.bits & other.bits) === 0n)
    return false
  return (
    one.ldap.toLowerCase() === other.ldap.toLowerCase() &&
    (one.tag.startsWith(other.tag) || other.tag.startsWith(one.tag))
  )
}

/** What a rule writes. */
function ownedBy(rule: AttributeRule, { activation, password }: Dialect): readonly Place[] {
  const whole = (ldap: string): Place => ({ ldap, tag: '' })
  const place = ({ ldap, transform: { tag = '', bits } }: SlotPart): Place => ({ ldap, tag, bits })
  switch (rule.kind) {
    case 'value':
      return [place(rule)]
    case 'reference':
      return [whole(rule.ldap)]
    case 'backlink':
      return []
    case 'slots':
      return [
        ...rule.slots.flatMap(({ parts }) => [...parts.values()].map(place)),
        ...(rule.rest === undefined ? [] : [whole(rule.rest)]),
      ]
    case 'activation':
      return [{ ...whole(activation.attribute), bits: activation.bits }]
    case 'password':
      return [whole(password.attribute)]
  }
}
