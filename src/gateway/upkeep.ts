import type { Dn } from '../ldap/dn.ts'
import { commonAncestor, dnKey, printDn } from '../ldap/dn.ts'
import type { Entry } from '../ldap/entry.ts'
import { textsOf } from '../ldap/entry.ts'
import type { Filter } from '../ldap/filter.ts'
import { and, equal, or } from '../ldap/filter.ts'
import { attributesIn, keyOfDnText, satisfies } from '../ldap/match.ts'
import type { Modify } from '../ldap/operation.ts'
import { LdapError } from '../ldap/result.ts'
import type { ReferenceRule, ResourceRules } from '../mapping/rules.ts'
import { isReadOnly } from '../plan/attributes.ts'
import type { Context } from './context.ts'
import { carryThrough } from './outcome.ts'
import { searchAll } from './search.ts'

/** Answers that mean: the server, or somebody else, has done it already. */
const DONE = new Set(['noSuchAttribute', 'attributeOrValueExists', 'noSuchObject'])

/**
 * Repairs what still names an entry that was renamed or deleted, where the server does not mind
 * references itself. One search; nothing more where it does.
 */
export async function repairReferences(
  context: Context,
  { from, to }: { readonly from: Dn; readonly to?: Dn },
): Promise<void> {
  const { rules, log } = context
  const old = printDn(from)
  const holders = rules.resources
    .map((resource) => ({ resource, references: writtenReferences(resource) }))
    .filter(({ references }) => references.length > 0)
  const base = commonAncestor(holders.map(({ resource }) => resource.base))
  if (holders.length === 0 || base.rdns.length === 0) return
  const filter = or(
    holders.map(({ resource, references }) =>
      and([resource.filter, or(references.map(({ ldap }): Filter => equal(ldap, old)))]),
    ),
  )
  const attributes = [
    ...new Set(holders.flatMap(({ references }) => references.map(({ ldap }) => ldap))),
  ]
  const found = await searchAll(context, {
    base,
    scope: 'subtree',
    filter,
    attributes: [
      ...holders.flatMap(({ resource }) => attributesIn(resource.filter)),
      ...attributes.filter((name) => !isLarge(holders, name)),
    ],
  })
  for (const entry of found) {
    const holder = holders.find(({ resource }) => satisfies(resource.filter, entry))
    for (const rule of holder?.references ?? []) {
      const large = isLarge(holders, rule.ldap)
      const spelled = textsOf(entry, rule.ldap).find((text) => keyOfDnText(text) === dnKey(from))
      if (!large && spelled === undefined) continue
      await repair(context, entry, rule, spelled ?? old, to)
      log.info({ dn: printDn(entry.dn), attribute: rule.ldap }, 'a reference was repaired')
    }
  }
}

async function repair(
  context: Context,
  entry: Entry,
  { ldap, placeholder }: ReferenceRule,
  old: string,
  to: Dn | undefined,
): Promise<void> {
  const gone = { kind: 'delete', attribute: ldap, values: [old] } as const
  const come = (dn: Dn) => ({ kind: 'add', attribute: ldap, values: [printDn(dn)] }) as const
  const attempts: Modify[] = [
    { dn: entry.dn, changes: to === undefined ? [gone] : [gone, come(to)] },
    ...(placeholder === undefined ? [] : [{ dn: entry.dn, changes: [come(placeholder), gone] }]),
  ]
  for (const attempt of attempts) {
    try {
      await carryThrough(context, { kind: 'modify', ...attempt })
      return
    } catch (error) {
      if (!(error instanceof LdapError)) throw error
      const { result, diagnostic } = error
      if (DONE.has(result) || context.rules.dialect.mayHideAbsence(result, diagnostic)) return
      if (error.result !== 'objectClassViolation' || attempt === attempts.at(-1)) throw error
    }
  }
}

function writtenReferences({ attributes }: ResourceRules): readonly ReferenceRule[] {
  return attributes.filter(
    (rule): rule is ReferenceRule => rule.kind === 'reference' && !isReadOnly(rule),
  )
}

/** Multi-valued references are not read: a group may have 100,000 members. */
function isLarge(
  holders: readonly { readonly references: readonly ReferenceRule[] }[],
  ldap: string,
): boolean {
  return holders.some(({ references }) =>
    references.some((rule) => rule.ldap === ldap && rule.path.attribute.multiValued),
  )
}
