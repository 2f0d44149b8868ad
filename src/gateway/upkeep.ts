import { commonAncestor, printDn } from '../ldap/dn.ts'
import type { Entry } from '../ldap/entry.ts'
import { textsOf } from '../ldap/entry.ts'
import { and, equal, or } from '../ldap/filter.ts'
import { attributesIn, satisfies } from '../ldap/match.ts'
import { LdapError } from '../ldap/result.ts'
import type { ResultName } from '../ldap/result.ts'
import type { ReferenceRule, ResourceRules } from '../mapping/rules.ts'
import { isReadOnly } from '../plan/attributes.ts'
import { keyOfName, nameOfDn, namesOf } from '../plan/reference-names.ts'
import type { ReferenceName } from '../plan/reference-names.ts'
import type { Context } from './context.ts'
import { carryThrough } from './outcome.ts'
import { searchAll } from './search.ts'

/** Answers that mean: the server, or somebody else, has done it already. */
const DONE = new Set<ResultName>(['noSuchAttribute', 'attributeOrValueExists', 'noSuchObject'])

/** An entry as far as others name it. */
export type Named = Pick<Entry, 'dn' | 'attributes'>

/** A name that an entry has lost, and the one that stands for it now, if any. */
interface LostName {
  readonly old: ReferenceName
  readonly now: ReferenceName | undefined
}

/**
 * Repairs what still names an entry that was renamed or deleted, where the server does not mind
 * references itself. One search; nothing more where it does, and none where no name was lost.
 *
 * @param after As it is now; absent where it is no more.
 */
export async function repairReferences(
  context: Context,
  resource: ResourceRules,
  { before, after }: { readonly before: Named; readonly after?: Named },
): Promise<void> {
  const { everything, log } = context
  const holders = everything.resources
    .map((holder) => ({
      resource: holder,
      references: writtenReferences(holder).flatMap((rule) => {
        const lost = namesLost(rule, resource, before, after)
        return lost.length === 0 ? [] : [{ rule, lost }]
      }),
    }))
    .filter(({ references }) => references.length > 0)
  const base = commonAncestor(holders.map((holder) => holder.resource.base))
  if (holders.length === 0 || base.rdns.length === 0) return
  const filter = or(
    holders.map((holder) => and([holder.resource.filter, or(holder.references.map(filterOfLost))])),
  )
  const read = holders.flatMap(({ references }) =>
    references.flatMap(({ rule }) => (isLarge(rule) ? [] : [rule.ldap])),
  )
  const classes = holders.flatMap((holder) => attributesIn(holder.resource.filter))
  const attributes = [...new Set([...classes, ...read])]
  const found = await searchAll(context, { base, scope: 'subtree', filter, attributes })
  for (const entry of found) {
    const holder = holders.find((one) => satisfies(one.resource.filter, entry))
    for (const { rule, lost } of holder?.references ?? []) {
      for (const { old, now } of lost) {
        const spelled = textsOf(entry, rule.ldap).find((text) => keyOfName(rule, text) === old.key)
        if (!isLarge(rule) && spelled === undefined) continue
        await repair(context, entry, rule, spelled ?? old.text, now?.text)
        log.info({ dn: printDn(entry.dn), attribute: rule.ldap }, 'a reference was repaired')
      }
    }
  }
}

/** The names by which an attribute may still call an entry, and no longer should. */
function namesLost(
  rule: ReferenceRule,
  { type }: ResourceRules,
  before: Named,
  after: Named | undefined,
): readonly LostName[] {
  if (rule.by !== undefined && !rule.types.includes(type.name)) return []
  const had = namesOf(rule, before)
  const has = after === undefined ? [] : namesOf(rule, after)
  const isIn = (names: readonly ReferenceName[], { text }: ReferenceName) =>
    names.some((name) => name.text === text)
  const now = has.find((name) => !isIn(had, name)) ?? has[0]
  return had.filter((name) => !isIn(has, name)).map((old) => ({ old, now }))
}

function filterOfLost({ rule, lost }: { rule: ReferenceRule; lost: readonly LostName[] }) {
  return or(lost.map(({ old }) => equal(rule.ldap, old.text)))
}

async function repair(
  context: Context,
  { dn }: Entry,
  { ldap: attribute, placeholder }: ReferenceRule,
  old: string,
  now: string | undefined,
): Promise<void> {
  const gone = { kind: 'delete', attribute, values: [old] } as const
  const come = (value: string) => ({ kind: 'add', attribute, values: [value] }) as const
  const send = (...changes: readonly (typeof gone | ReturnType<typeof come>)[]) =>
    carryThrough(context, { kind: 'modify', dn, changes })
  try {
    await (now === undefined ? send(gone) : send(gone, come(now)))
  } catch (error) {
    if (!(error instanceof LdapError)) throw error
    // Both names are there: then one is enough.
    if (error.result === 'attributeOrValueExists' && now !== undefined) {
      await ignoringWhatIsDone(context, () => send(gone))
      return
    }
    if (error.result === 'objectClassViolation' && placeholder !== undefined) {
      await ignoringWhatIsDone(context, () => send(come(nameOfDn(placeholder).text), gone))
      return
    }
    if (!isDone(context, error)) throw error
  }
}

async function ignoringWhatIsDone(context: Context, run: () => Promise<unknown>): Promise<void> {
  try {
    await run()
  } catch (error) {
    if (!(error instanceof LdapError) || !isDone(context, error)) throw error
  }
}

function isDone({ rules }: Context, { result, diagnostic }: LdapError): boolean {
  return DONE.has(result) || rules.dialect.mayHideAbsence(result, diagnostic)
}

function writtenReferences({ attributes }: ResourceRules): readonly ReferenceRule[] {
  return attributes.filter(
    (rule): rule is ReferenceRule => rule.kind === 'reference' && !isReadOnly(rule),
  )
}

/** Multi-valued references are not read: a group may have 100,000 members. */
function isLarge({ path }: ReferenceRule): boolean {
  return path.attribute.multiValued
}
