import type { Dn } from '../ldap/dn.ts'
import { isWithin, printDn } from '../ldap/dn.ts'
import type { Compilation } from './compilation.ts'
import { compileDn } from './compilation.ts'
import type { ResourceDocument } from './document.ts'
import type { DocumentPath } from './problem.ts'
import { suggestion } from './problem.ts'
import type { AttributeRule, Leaving, ReferenceRule, ResourceRules } from './rules.ts'

/** What DELETE does instead of deleting; nothing where it deletes. */
export function compileLeaving(
  compilation: Compilation,
  at: DocumentPath,
  document: ResourceDocument['delete'],
  base: Dn | undefined,
  rules: readonly AttributeRule[],
): Leaving | undefined {
  if (document === undefined || document === 'entry') return undefined
  const { report } = compilation
  const target = compileDn(compilation, [...at, 'move'], document.move)
  if (target !== undefined && base !== undefined && isWithin(target, base)) {
    report(
      [...at, 'move'],
      `${printDn(target)} lies in the base ${printDn(base)}: what is moved there would not be gone`,
    )
  }
  const disable = document.disable ?? true
  if (disable && switchOf(rules) === undefined) {
    report(
      at,
      'needs "active" to be mapped, so that the account is switched off, or disable: false',
    )
  }
  const reviveBy = [document.reviveBy ?? []].flat()
  reportNoKeys(compilation, [...at, 'reviveBy'], reviveBy, rules)
  return target && { target, disable, leaveGroups: document.leaveGroups ?? true, reviveBy }
}

/** The keys by which a POST may take over a resource that is there. */
export function compileAdoption(
  compilation: Compilation,
  at: DocumentPath,
  { onConflict }: Partial<ResourceDocument>,
  rules: readonly AttributeRule[],
): readonly string[] {
  if (onConflict === undefined || onConflict === 'refuse') return []
  // Absent where the shape is wrong, which is told elsewhere.
  const adopt = (onConflict as Partial<typeof onConflict>).adopt ?? []
  const path = [...at, 'adopt']
  reportNoKeys(compilation, path, adopt, rules)
  for (const key of adopt) {
    const rule = rules.find((one) => one.key === key)
    if (rule === undefined || !isKey(rule)) continue
    if ((rule.path.sub ?? rule.path.attribute).mutability === 'immutable') continue
    compilation.report(
      path,
      `${key} must be mapped with "mutability: immutable": who can change it could take over accounts`,
    )
  }
  return adopt
}

/** Who shall leave the groups must be able to be in one. */
export function reportGroupless(
  { report }: Compilation,
  resource: ResourceRules,
  all: readonly ResourceRules[],
): void {
  const { type, leaving } = resource
  const memberships = membershipsOf(type.name, all)
  const named = memberships.find(({ rule }) => rule.by !== undefined)
  if (leaving?.leaveGroups === false && named !== undefined) {
    report(
      ['resources', type.name, 'delete', 'leaveGroups'],
      `${named.rule.key} of ${named.resource.type.name} names ${type.name}s by ${named.rule.by}: who gets the name of a leaver next would be in its groups`,
    )
  }
  if (leaving?.leaveGroups !== true || memberships.length > 0) return
  report(
    ['resources', type.name, 'delete'],
    `no attribute is mapped whose values are ${type.name}s of a group: say leaveGroups: false`,
  )
}

/** The rule that says whether an account is on. */
export function switchOf(rules: readonly AttributeRule[]): AttributeRule | undefined {
  return rules.find(
    ({ key, kind, path }) =>
      key === 'active' &&
      (kind === 'activation' || (kind === 'value' && path.attribute.mutability !== 'readOnly')),
  )
}

/** A rule whose values name resources of a type as members, and the resource type that has it. */
export interface MembershipRule {
  readonly resource: ResourceRules
  readonly rule: ReferenceRule
}

/** Where resources of a type can be members. */
export function membershipsOf(
  type: string,
  all: readonly ResourceRules[],
): readonly MembershipRule[] {
  return all.flatMap((resource) =>
    resource.attributes.flatMap((rule) =>
      rule.kind === 'reference' &&
      rule.types.includes(type) &&
      rule.path.attribute.multiValued &&
      rule.path.attribute.mutability !== 'readOnly'
        ? [{ resource, rule }]
        : [],
    ),
  )
}

function reportNoKeys(
  { report }: Compilation,
  at: DocumentPath,
  keys: readonly string[],
  rules: readonly AttributeRule[],
): void {
  const known = rules.filter(isKey).map(({ key }) => key)
  for (const key of keys) {
    if (known.includes(key)) continue
    const mapped = rules.some((rule) => rule.key === key)
    report(
      at,
      mapped
        ? `${key} is not one value in one LDAP attribute, so it finds nobody`
        : `no line maps ${JSON.stringify(key)}${suggestion(key, known)}`,
    )
  }
}

/** Whether a rule has one value that a search finds. */
function isKey(rule: AttributeRule): boolean {
  return rule.kind === 'value' && !rule.path.attribute.multiValued
}
