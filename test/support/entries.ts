import { dnKey, parseDn } from '../../src/ldap/dn.ts'
import type { Entry } from '../../src/ldap/entry.ts'
import { entryOf } from '../../src/ldap/entry.ts'
import type { Server } from '../../src/ldap/server.ts'
import type { Value } from '../../src/ldap/value.ts'
import type { Facts, Reference } from '../../src/plan/facts.ts'
import { serverWithout } from './server.ts'

type Attributes = Readonly<Record<string, Value | readonly Value[]>>

/** An entry as a server would return it. */
export function entry(dn: string, attributes: Attributes): Entry {
  return entryOf(
    parseDn(dn),
    Object.entries(attributes).map(([name, values]) => [
      name,
      typeof values === 'string' || values instanceof Uint8Array ? [values] : values,
    ]),
  )
}

/** A resource that others point to. */
export function reference(
  type: string,
  id: string,
  dn: string,
  attributes: Attributes = {},
): Reference {
  return { type, id, dn: parseDn(dn), attributes: entry(dn, attributes).attributes }
}

/** What planning is told, where references were asked for by id. */
export function factsOf(
  references: readonly Reference[] = [],
  more: Partial<Facts> = {},
): Facts & { readonly server: Server } {
  return {
    server: serverWithout(),
    references: new Map(references.map((one) => [one.id, one])),
    byDn: new Map(),
    clashes: [],
    links: new Map(),
    ...more,
  }
}

/** References as they are known by the DNs of an entry that was read; `undefined` = no resource. */
export function byDn(
  ...references: readonly (Reference | string)[]
): ReadonlyMap<string, Reference | undefined> {
  return new Map(
    references.map((one) =>
      typeof one === 'string' ? [dnKey(parseDn(one)), undefined] : [dnKey(one.dn), one],
    ),
  )
}
