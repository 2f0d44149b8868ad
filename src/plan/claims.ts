import { dnKey } from '../ldap/dn.ts'
import { attributeKey, textOf } from '../ldap/value.ts'
import { nameOf } from '../mapping/naming.ts'
import type { ResourceRules, Rules } from '../mapping/rules.ts'
import { caseIgnore } from '../scim/comparison.ts'
import { ScimError } from '../scim/error.ts'
import { normalizeResource } from '../scim/resource.ts'
import { uniqueValues } from './create.ts'

/**
 * What the entry of a new resource will have to itself: its DN and its unique values. Two that have
 * nothing in common can be created in either order.
 *
 * @param body As the client sent it.
 * @returns Nothing where the body will be refused.
 */
export function claimsOf(
  rules: Rules,
  resource: ResourceRules,
  body: unknown,
): ReadonlySet<string> | undefined {
  try {
    const wanted = normalizeResource(resource.type, body)
    const unique = uniqueValues(resource, wanted).map(
      ({ ldap, value }) => `${attributeKey(ldap)}=${caseIgnore(textOf(value))}`,
    )
    return new Set([dnKey(nameOf(resource, wanted, rules.scope)), ...unique])
  } catch (error) {
    if (!(error instanceof ScimError)) throw error
    return undefined
  }
}
