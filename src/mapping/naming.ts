import type { Dn, Rdn } from '../ldap/dn.ts'
import { childOf, isWithin, parentOf, printDn, printRdn, rdnKey, sameDn } from '../ldap/dn.ts'
import { ScimError } from '../scim/error.ts'
import type { Resource } from '../scim/resource.ts'
import type { ResourceRules } from './rules.ts'
import type { TemplateScope } from './template.ts'
import { expandDn } from './template.ts'

/** A rename, a move, or both. */
export interface NewName {
  readonly rdn: Rdn
  readonly superior?: Dn
}

/**
 * The DN of a resource by its mapping.
 *
 * @throws {ScimError} invalidValue where an attribute that the DN needs is missing, or where the
 *   values lead out of the base.
 */
export function nameOf(rules: ResourceRules, resource: Resource, scope: TemplateScope): Dn {
  const expanded = placeOf(rules, resource, scope)
  if ('missing' in expanded) {
    throw new ScimError(
      'invalidValue',
      `${expanded.missing.join(', ')} is required: it names the entry`,
    )
  }
  if (!isWithin(expanded.dn, rules.base) || sameDn(expanded.dn, rules.base)) {
    throw new ScimError(
      'invalidValue',
      `the values lead to ${printDn(expanded.dn)}, outside of the directory's part for ${rules.type.name}s`,
    )
  }
  return expanded.dn
}

/** The DN by the template, for a client that is confined to a part of the base. */
function placeOf(
  { base, naming: { dn, from } }: ResourceRules,
  resource: Resource,
  scope: TemplateScope,
): ReturnType<typeof expandDn> {
  const expanded = expandDn(dn, resource, scope)
  if (from === undefined || 'missing' in expanded) return expanded
  const [rdn] = expanded.dn.rdns
  const superior = parentOf(expanded.dn)
  const isRightBelow = rdn !== undefined && superior !== undefined && sameDn(superior, from)
  return isRightBelow ? { dn: childOf(base, rdn) } : expanded
}

/**
 * The new name of an entry whose resource changes, or nothing. An entry that is not named as the
 * mapping would have named it keeps that part of its name.
 */
export function newName(
  rules: ResourceRules,
  dn: Dn,
  before: Resource,
  after: Resource,
  scope: TemplateScope,
): NewName | undefined {
  if (!rules.naming.rename) return undefined
  const own = { ...scope, n: numberIn(rules, dn, before, scope) }
  const was = placeOf(rules, before, own)
  // With its own number while that name stays the same.
  const same = nameOf(rules, after, own)
  const stays = 'dn' in was && printDn(was.dn) === printDn(same)
  const willBe = stays ? same : nameOf(rules, after, scope)
  const [rdn] = dn.rdns
  const [oldRdn] = 'dn' in was ? was.dn.rdns : []
  const [newRdn] = willBe.rdns
  const superior = parentOf(willBe)
  if (rdn === undefined || newRdn === undefined || superior === undefined) return undefined
  const follows = oldRdn !== undefined && rdnKey(rdn) === rdnKey(oldRdn)
  const renamed = follows && printRdn(newRdn) !== printRdn(oldRdn)
  const oldParent = 'dn' in was ? parentOf(was.dn) : undefined
  const parent = parentOf(dn)
  const inPlace = oldParent !== undefined && parent !== undefined && sameDn(parent, oldParent)
  const moved = inPlace && !sameDn(oldParent, superior)
  if (!renamed && !moved) return undefined
  return { rdn: renamed ? newRdn : rdn, ...(moved && { superior }) }
}

/**
 * Whether an entry stays what it is called although a change means another name, because it is not
 * named as the mapping would have named it.
 */
export function keepsOldName(
  rules: ResourceRules,
  dn: Dn,
  before: Resource,
  after: Resource,
  scope: TemplateScope,
): boolean {
  if (!rules.naming.rename || newName(rules, dn, before, after, scope) !== undefined) return false
  const own = { ...scope, n: numberIn(rules, dn, before, scope) }
  const was = expandDn(rules.naming.dn, before, own)
  return 'dn' in was && printDn(was.dn) !== printDn(nameOf(rules, after, own))
}

/** How many entries may have one name: the first without a number, then 2 and up. */
export const NUMBERS: readonly (number | undefined)[] = [
  undefined,
  ...Array.from({ length: 99 }, (_, index) => index + 2),
]

/** The number in the name of an entry. */
function numberIn(
  { naming }: ResourceRules,
  dn: Dn,
  resource: Resource,
  scope: TemplateScope,
): number | undefined {
  if (!naming.dn.numbered) return undefined
  const key = rdnKey(dn.rdns[0] ?? [])
  return NUMBERS.find((n) => {
    const expanded = expandDn(naming.dn, resource, { ...scope, n })
    return 'dn' in expanded && rdnKey(expanded.dn.rdns[0] ?? []) === key
  })
}
