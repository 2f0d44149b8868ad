import type { Dn } from '../ldap/dn.ts'
import { dnKey } from '../ldap/dn.ts'
import { textsOf } from '../ldap/entry.ts'
import { equal, or } from '../ldap/filter.ts'
import { LdapError } from '../ldap/result.ts'
import type { Value } from '../ldap/value.ts'
import { textOf } from '../ldap/value.ts'
import { nameOf, NUMBERS } from '../mapping/naming.ts'
import type { ResourceRules, Rules } from '../mapping/rules.ts'
import { expandText } from '../mapping/template.ts'
import { ScimError } from '../scim/error.ts'
import type { Resource } from '../scim/resource.ts'
import type { Context } from './context.ts'
import { searchAll } from './search.ts'

/** How often others may take the number that was free a moment ago. */
const ATTEMPTS = 10

/** What an entry would have to itself with a number. */
interface Candidate {
  readonly n: number | undefined
  readonly dn: Dn
  readonly values: readonly { readonly ldap: string; readonly value: Value }[]
}

/**
 * The rules with the first number whose name is free, if the mapping has numbers: one search for all
 * of them. Whether it is still free the write decides.
 *
 * @param own The DN that the entry has, which is not taken by another one.
 * @throws {ScimError} uniqueness, where all are taken.
 */
export async function numbered(
  context: Context,
  resource: ResourceRules,
  body: Resource,
  purpose: 'create' | 'rename',
  own?: Dn,
): Promise<Rules> {
  const { rules } = context
  const writes = purpose === 'create' ? numberedWrites(resource) : []
  if (!resource.naming.dn.numbered && writes.length === 0) return rules
  const candidates = NUMBERS.map((n): Candidate => {
    const scope = { ...rules.scope, n }
    const values = writes
      .map(({ ldap, value }) => ({ ldap, value: expandText(value, body, scope) }))
      .filter(({ value }) => value !== '')
    return { n, dn: nameOf(resource, body, scope), values }
  })
  const asked = candidates.flatMap(({ dn, values }) => [
    ...(dn.rdns[0] ?? []).map(({ type, value }) => ({ ldap: type, value })),
    ...values,
  ])
  const found = await searchAll(context, {
    // What is written besides the name may have to be the only one anywhere.
    base: writes.length > 0 ? rules.scope.suffix : resource.base,
    scope: 'subtree',
    filter: or(asked.map(({ ldap, value }) => equal(ldap, value))),
    attributes: [...new Set(writes.map(({ ldap }) => ldap))],
  })
  const others = found.filter(({ dn }) => own === undefined || dnKey(dn) !== dnKey(own))
  const names = new Set(others.map(({ dn }) => dnKey(dn)))
  const taken = new Set(
    others.flatMap((entry) =>
      writes.flatMap(({ ldap }) => textsOf(entry, ldap).map((text) => keyOf(ldap, text))),
    ),
  )
  const free = candidates.find(
    ({ dn, values }) =>
      !names.has(dnKey(dn)) && !values.some(({ ldap, value }) => taken.has(keyOf(ldap, value))),
  )
  if (free === undefined) {
    throw new ScimError(
      'uniqueness',
      `the name of the entry is taken by others, with every number up to ${NUMBERS.length}`,
    )
  }
  return { ...rules, scope: { ...rules.scope, n: free.n } }
}

/** Makes an entry, and anew where somebody else has taken its number meanwhile. */
export async function retriedByNumber<T>(
  { rules }: Context,
  resource: ResourceRules,
  attempt: () => Promise<T>,
): Promise<T> {
  const own = numberedWrites(resource).map(({ ldap }) => ldap.toLowerCase())
  const mayAgain = resource.naming.dn.numbered || own.length > 0
  for (let tries = 1; ; tries++) {
    try {
      return await attempt()
    } catch (error) {
      if (!(error instanceof LdapError) || !mayAgain || tries >= ATTEMPTS) throw error
      const { reason, attribute = '' } = rules.dialect.readDiagnostic(error.diagnostic)
      const isName = error.result === 'entryAlreadyExists'
      const isValue = reason === 'notUnique' && own.includes(attribute.toLowerCase())
      if (!isName && !isValue) throw error
    }
  }
}

function numberedWrites({ writes }: ResourceRules) {
  return writes.filter(({ value }) => value.numbered)
}

function keyOf(ldap: string, value: Value): string {
  return `${ldap}=${textOf(value)}`.toLowerCase()
}
