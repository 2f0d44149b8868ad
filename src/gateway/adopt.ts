import { isWithin, printDn } from '../ldap/dn.ts'
import { valuesOf } from '../ldap/entry.ts'
import type { ResourceRules } from '../mapping/rules.ts'
import { isAdoptable } from '../plan/adopt.ts'
import { idsIn } from '../plan/attributes.ts'
import { refuseClashes } from '../plan/create.ts'
import type { Facts } from '../plan/facts.ts'
import { withImmutable } from '../plan/immutable.ts'
import { withKept } from '../plan/kept.ts'
import type { Resource } from '../scim/resource.ts'
import type { Context } from './context.ts'
import { update } from './update.ts'

/**
 * A POST whose unique values one other resource has: that one is taken for it, if the mapping allows
 * it by keys that both have, and becomes what the client says, as after a PUT.
 *
 * @returns Nothing where it may not be.
 * @throws {ScimError} uniqueness, where the keys differ.
 */
export async function adopt(
  context: Context,
  resource: ResourceRules,
  body: Resource,
  facts: Facts,
): Promise<Resource | undefined> {
  const { rules, log } = context
  const [entry, ...others] = facts.clashes
  const [value] = entry === undefined ? [] : valuesOf(entry, rules.dialect.id.attribute)
  // One beyond what the client is confined to is not its to take.
  const isOutside = entry !== undefined && !isWithin(entry.dn, resource.base)
  const none = resource.adoptBy.length === 0 || others.length > 0 || isOutside
  if (none || entry === undefined || value === undefined) return undefined
  const all = resource.attributes
  const id = rules.dialect.id.toId(value)
  const shown = await update(context, resource, id, {
    rules: all,
    ids: idsIn(all, body),
    conditions: {},
    change(before, own) {
      if (!isAdoptable(rules, resource, own, before, body)) refuseClashes(resource, body, facts)
      return withKept(all, before, withImmutable(all, before, body))
    },
  })
  log.info({ id, dn: printDn(entry.dn) }, 'adopted')
  return shown
}
