import { isWithin, parentOf } from '../ldap/dn.ts'
import type { Entry } from '../ldap/entry.ts'
import type { Filter } from '../ldap/filter.ts'
import { and, equal } from '../ldap/filter.ts'
import { switchOf } from '../mapping/lifecycle.ts'
import { nameOf } from '../mapping/naming.ts'
import type { NewName } from '../mapping/naming.ts'
import type { Leaving, ResourceRules, Rules } from '../mapping/rules.ts'
import { ScimError } from '../scim/error.ts'
import { printResolved } from '../scim/path.ts'
import { getAttribute, withAttribute } from '../scim/resource.ts'
import type { Resource } from '../scim/resource.ts'
import { toLdap } from './attributes.ts'

/** Who among the leavers a new resource may be; nothing where the mapping or the body names no key. */
export function filterOfLeaver(
  resource: ResourceRules,
  { reviveBy }: Leaving,
  body: Resource,
): Filter | undefined {
  const keys = reviveBy.map((key) => {
    const rule = resource.attributes.find((one) => one.key === key)
    const value = rule && getAttribute(body, rule.path)
    if (rule?.kind !== 'value' || value === undefined || value === '') return undefined
    return equal(rule.ldap, toLdap(rule, value, printResolved(rule.path)))
  })
  const known = keys.filter((key) => key !== undefined)
  return known.length === 0 || known.length < keys.length
    ? undefined
    : and([resource.filter, ...known])
}

/**
 * The one leaver who comes back. An entry below the base is none, wherever leavers are.
 *
 * @throws {ScimError} uniqueness, where there are several.
 */
export function theLeaver(
  { type, base }: ResourceRules,
  { reviveBy }: Leaving,
  found: readonly Entry[],
): Entry | undefined {
  const [leaver, ...others] = found.filter(({ dn }) => !isWithin(dn, base))
  if (others.length === 0) return leaver
  throw new ScimError(
    'uniqueness',
    `${found.length} ${type.name}s with this ${reviveBy.join(' and ')} have left; which one is meant must be settled in the directory`,
  )
}

/** The resource that a leaver comes back as: on, unless the client says otherwise. */
export function revived(resource: ResourceRules, body: Resource): Resource {
  const rule = switchOf(resource.attributes)
  if (rule === undefined || getAttribute(body, rule.path) !== undefined) return body
  return withAttribute(body, rule.path, true)
}

/** Where a leaver goes back to: where the mapping would put a new entry. */
export function nameOfRevived(rules: Rules, resource: ResourceRules, body: Resource): NewName {
  const dn = nameOf(resource, body, rules.scope)
  const [rdn = []] = dn.rdns
  return { rdn, superior: parentOf(dn) ?? resource.base }
}
