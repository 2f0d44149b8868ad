import type { Dn } from '../ldap/dn.ts'
import { dnKey, isKeyWithin, parseDn } from '../ldap/dn.ts'
import type { Dereferenced, Entry } from '../ldap/entry.ts'
import { textsOf, valuesOf } from '../ldap/entry.ts'
import type { Filter } from '../ldap/filter.ts'
import { keyOfDnText, satisfies } from '../ldap/match.ts'
import type { Dereference } from '../ldap/operation.ts'
import type { Server } from '../ldap/server.ts'
import type { ReferenceRule, ResourceRules, Rules } from '../mapping/rules.ts'
import { keysOfEntry } from './reference-names.ts'

/** What planning must know of the directory; all of it is asked together (gateway/gather.ts). */
export interface Question {
  /** A resource that must be read. */
  readonly read?: Reading & {
    readonly type: string
    readonly id: string
    /** It may bring thousands of references, so nothing else is asked in the same search. */
    readonly large?: boolean
    /** Its references are told apart later, part by part. */
    readonly inParts?: boolean
  }
  /** Ids whose entries must be known: DN, type, name to show. */
  readonly ids?: readonly { readonly id: string; readonly types: readonly string[] }[]
  /** Whether what is found is protected must be told. */
  readonly guarded?: true
  /** DNs of which must be known who has them as a member, wherever below the suffix. */
  readonly above?: readonly Dn[]
  /** Entries of a type that already have what shall be unique. */
  readonly clashes?: { readonly type: string; readonly filter: Filter }
  /** Names of an entry, of which must be known who holds them. */
  readonly sought?: readonly Sought[]
}

/** What to ask of an entry. */
export interface Reading {
  readonly attributes: readonly string[]
  readonly dereference: readonly Dereference[]
}

/** A resource of this directory that another one points to. */
export interface Reference {
  readonly id: string
  readonly type: string
  readonly dn: Dn
  /** What names it, as far as asked. */
  readonly attributes: Entry['attributes']
}

/** Who names an entry, by `keyOfSought` (plan/backlinks.ts); nobody, where the list is empty. */
export type Links = ReadonlyMap<string, readonly Reference[]>

/** A name that resources of a type may hold. */
export interface Sought {
  readonly type: string
  readonly holder: ReferenceRule
  readonly text: string
}

/** The answers. */
export interface Facts {
  readonly server: Server
  /** The resource that was to be read; absent where it does not exist in its scope. */
  readonly entry?: Entry
  readonly references: ReadonlyMap<string, Reference>
  /** By `keyOfName`; `undefined` as a value = looked for, and no resource of this directory. */
  readonly byDn: ReadonlyMap<string, Reference | undefined>
  readonly clashes: readonly Entry[]
  readonly links: Links
  /**
   * Who has these DNs as a member: nobody where there are no groups. Else all groups that do, perhaps
   * some that do not; where entries name their groups themselves, those entries instead. Absent where
   * that was not asked, or could not be asked in the same search.
   */
  readonly above?: { readonly dns: readonly Dn[]; readonly groups: readonly Entry[] }
  /**
   * By `attributeKey`: which of the references that come or go are there, as `keyOfName`. Absent until a
   * server that minds has refused to add what is there or to remove what is not.
   */
  readonly held?: ReadonlyMap<string, ReadonlySet<string>>
}

/** Of which resource type an entry is, among those given. */
export function typeOfEntry(
  resources: readonly ResourceRules[],
  dn: Dn,
  attributes: Pick<Entry, 'attributes'>,
): ResourceRules | undefined {
  return typeByKey(resources, dnKey(dn), attributes)
}

function typeByKey(
  resources: readonly ResourceRules[],
  key: string,
  attributes: Pick<Entry, 'attributes'>,
): ResourceRules | undefined {
  return resources.find(
    ({ base, filter }) => isKeyWithin(key, base) && satisfies(filter, attributes),
  )
}

/** The entry as something to point to; `undefined` where it is no resource. */
export function referenceOf(
  rules: Rules,
  resources: readonly ResourceRules[],
  dn: Dn,
  attributes: Pick<Entry, 'attributes'>,
): Reference | undefined {
  const known = identityOf(rules, typeOfEntry(resources, dn, attributes), attributes)
  return known && { ...known, dn }
}

/**
 * The references that came with entries by the dereference control, by `dnKey`.
 *
 * @param asked What the control asked for.
 */
export function dereferencedIn(
  rules: Rules,
  entries: readonly Entry[],
  asked: readonly Dereference[],
): Map<string, Reference | undefined> {
  const found = new Map<string, Reference | undefined>()
  for (const { dereferenced } of entries) {
    for (const values of dereferenced?.values() ?? []) {
      for (const value of values) {
        const key = keyOfDnText(value.dn)
        found.set(key, referenceFrom(rules, key, value))
      }
    }
  }
  if (!rules.dialect.leavesOutDangling) return found
  for (const text of asked.flatMap(({ attribute }) =>
    entries.flatMap((entry) => textsOf(entry, attribute)),
  )) {
    const key = keyOfDnText(text)
    if (!found.has(key)) found.set(key, undefined)
  }
  return found
}

function referenceFrom(
  rules: Rules,
  key: string,
  { dn, attributes }: Dereferenced,
): Reference | undefined {
  if (attributes.size === 0) return undefined
  const known = identityOf(rules, typeByKey(rules.resources, key, { attributes }), { attributes })
  return (
    known && {
      ...known,
      // A group has thousands of members that are only shown: their keys tell enough.
      get dn() {
        return parseDn(dn)
      },
    }
  )
}

function identityOf(
  { dialect }: Rules,
  resource: ResourceRules | undefined,
  entry: Pick<Entry, 'attributes'>,
): Omit<Reference, 'dn'> | undefined {
  const [id] = valuesOf(entry, dialect.id.attribute)
  if (resource === undefined || id === undefined) return undefined
  return { id: dialect.id.toId(id), type: resource.type.name, attributes: entry.attributes }
}

/** `byDn` with the references that are known by id added. */
export function withReferences(
  rules: Rules,
  byDn: ReadonlyMap<string, Reference | undefined>,
  references: Iterable<Reference>,
): ReadonlyMap<string, Reference | undefined> {
  const all = new Map(byDn)
  for (const reference of references) {
    for (const key of keysOfEntry(rules, reference.type, reference)) all.set(key, reference)
  }
  return all
}
