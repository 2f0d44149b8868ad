import type { Dn } from '../ldap/dn.ts'
import { dnKey } from '../ldap/dn.ts'
import { textsOf } from '../ldap/entry.ts'
import { equal, or } from '../ldap/filter.ts'
import { LdapError } from '../ldap/result.ts'
import { attributeKey } from '../ldap/value.ts'
import type { Value } from '../ldap/value.ts'
import { nameOf, NUMBERS } from '../mapping/naming.ts'
import type { ResourceRules, Rules, WriteRule } from '../mapping/rules.ts'
import { expandText } from '../mapping/template.ts'
import { ScimError } from '../scim/error.ts'
import type { Resource } from '../scim/resource.ts'
import type { Context } from './context.ts'
import { searchAll } from './search.ts'

/** How often others may take the number that was free a moment ago. */
const ATTEMPTS = 20
/** From when on it is taken at random among ever more that are free: those who meet are too many. */
const CROWDED = 8

/** A name, or a value beside it, with each number; blank ones are nobody's. */
interface Candidate {
  readonly n: number | undefined
  readonly asked: readonly { readonly ldap: string; readonly value: Value }[]
  readonly key: string
}

/** What is counted by itself: the name, or an LDAP attribute. */
interface Counted {
  readonly what: string
  /** Absent for the name. */
  readonly ldap?: string
  readonly candidates: readonly Candidate[]
}

interface Circumstances {
  /** The DN that the entry has, which is not taken by another one. */
  readonly own?: Dn
  /** The how-manieth time it is, from 1. */
  readonly tries?: number
}

/**
 * The rules with the first free number of the name and of each value that has one, if the mapping
 * has numbers. One search asks whether it takes any, another one for all of them. Whether they are
 * still free the write decides.
 *
 * @throws {ScimError} uniqueness, where all are taken.
 */
export async function numbered(
  context: Context,
  resource: ResourceRules,
  body: Resource,
  purpose: 'create' | 'rename',
  { own, tries = 1 }: Circumstances = {},
): Promise<Rules> {
  const { rules } = context
  const writes = purpose === 'create' ? numberedWrites(resource) : []
  const counted = [...nameCounted(rules, resource, body), ...writesCounted(rules, writes, body)]
  if (counted.length === 0) return rules
  const search = {
    // What is written besides the name may have to be the only one anywhere.
    base: writes.length > 0 ? rules.scope.suffix : resource.base,
    attributes: writes.map(({ ldap }) => ldap),
  }
  if (tries === 1) {
    const first = counted.map((one) => ({ ...one, candidates: one.candidates.slice(0, 1) }))
    const taken = await takenOf(context, first, search, own)
    if (first.every(({ candidates }) => candidates.every((one) => isFree(one, taken)))) return rules
  }
  const taken = await takenOf(context, counted, search, own)
  let n: number | undefined
  const numbers = new Map<string, number>()
  for (const one of counted) {
    const free = freeOf(one, taken, tries)
    if (one.ldap === undefined) n = free
    else if (free !== undefined) numbers.set(attributeKey(one.ldap), free)
  }
  return { ...rules, scope: { ...rules.scope, n, numbers } }
}

/** Makes an entry, and anew where somebody else has taken its number meanwhile. */
export async function retriedByNumber<T>(
  { rules, signal }: Context,
  resource: ResourceRules,
  attempt: (tries: number) => Promise<T>,
): Promise<T> {
  const own = numberedWrites(resource).map(({ ldap }) => ldap.toLowerCase())
  const mayAgain = resource.naming.dn.numbered || own.length > 0
  for (let tries = 1; ; tries++) {
    try {
      return await attempt(tries)
    } catch (error) {
      if (!(error instanceof LdapError) || !mayAgain || tries >= ATTEMPTS) throw error
      const { reason, attribute = '' } = rules.dialect.readDiagnostic(error.diagnostic)
      const isName = error.result === 'entryAlreadyExists'
      const isValue = reason === 'notUnique' && own.includes(attribute.toLowerCase())
      if (!isName && !isValue) throw error
      signal.throwIfAborted()
    }
  }
}

function nameCounted(rules: Rules, resource: ResourceRules, body: Resource): readonly Counted[] {
  if (!resource.naming.dn.numbered) return []
  const candidates = NUMBERS.map((n) => {
    const dn = nameOf(resource, body, { ...rules.scope, n })
    const asked = (dn.rdns[0] ?? []).map(({ type, value }) => ({ ldap: type, value }))
    return { n, asked, key: dnKey(dn) }
  })
  return [{ what: 'the name of the entry', candidates }]
}

function writesCounted(
  { scope }: Rules,
  writes: readonly WriteRule[],
  body: Resource,
): readonly Counted[] {
  return writes.map(({ ldap, value }) => ({
    what: `the directory's attribute ${ldap}`,
    ldap,
    candidates: NUMBERS.map((n) => {
      const text = expandText(value, body, { ...scope, n })
      return { n, asked: text === '' ? [] : [{ ldap, value: text }], key: keyOf(ldap, text) }
    }),
  }))
}

/** The keys of candidates that other entries have. */
async function takenOf(
  context: Context,
  counted: readonly Counted[],
  { base, attributes }: { readonly base: Dn; readonly attributes: readonly string[] },
  own: Dn | undefined,
): Promise<ReadonlySet<string>> {
  const asked = counted.flatMap(({ candidates }) => candidates.flatMap((one) => one.asked))
  const filter = or(asked.map(({ ldap, value }) => equal(ldap, value)))
  const found = await searchAll(context, { base, scope: 'subtree', filter, attributes })
  const others = found.filter(({ dn }) => own === undefined || dnKey(dn) !== dnKey(own))
  return new Set(
    others.flatMap((entry) => [
      dnKey(entry.dn),
      ...attributes.flatMap((ldap) => textsOf(entry, ldap).map((text) => keyOf(ldap, text))),
    ]),
  )
}

/** The number of the first candidate that nobody has; of one of the first, where many want it. */
function freeOf(
  { what, candidates }: Counted,
  taken: ReadonlySet<string>,
  tries: number,
): number | undefined {
  const free = candidates.filter((one) => isFree(one, taken))
  if (free.length === 0) {
    throw new ScimError(
      'uniqueness',
      `${what} is taken by others, with every number up to ${NUMBERS.length}`,
    )
  }
  const choice = Math.min(free.length, 2 ** Math.max(tries - CROWDED, 0))
  return free[Math.floor(Math.random() * choice)]?.n
}

function isFree({ asked, key }: Candidate, taken: ReadonlySet<string>): boolean {
  return asked.length === 0 || !taken.has(key)
}

function numberedWrites({ writes }: ResourceRules): readonly WriteRule[] {
  return writes.filter(({ value }) => value.numbered)
}

function keyOf(ldap: string, text: string): string {
  return `${ldap}=${text}`.toLowerCase()
}
