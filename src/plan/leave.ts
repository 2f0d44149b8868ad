import { changesBetween } from '../ldap/change.ts'
import { childOf, parentOf } from '../ldap/dn.ts'
import type { Rdn } from '../ldap/dn.ts'
import type { Entry } from '../ldap/entry.ts'
import type { Rename } from '../ldap/operation.ts'
import type { LdapSchema } from '../ldap/schema.ts'
import { textOf } from '../ldap/value.ts'
import { switchOf } from '../mapping/lifecycle.ts'
import type { Leaving, ReferenceRule, ResourceRules, Rules } from '../mapping/rules.ts'
import { ScimError } from '../scim/error.ts'
import { withAttribute } from '../scim/resource.ts'
import { desiredBy } from './attributes.ts'
import type { Desired } from './desired.ts'
import type { Facts } from './facts.ts'
import { guarding, guardOf, unchangedGuard } from './guard.ts'
import { changesOfMemberships } from './membership.ts'
import { modifyStep } from './modify-step.ts'
import type { Plan, Step } from './plan.ts'
import { readingOf } from './reading.ts'
import { namesOf } from './reference-names.ts'

/** An entry and the rule by which it has somebody as a member. */
export interface Holder {
  readonly rule: ReferenceRule
  readonly entry: Entry
}

/** A resource that shall leave. */
export interface Departure {
  readonly entry: Entry
  readonly id: string
  readonly holders: readonly Holder[]
  /** Nothing of the entry may have changed since it was read (If-Match). */
  readonly unchanged: boolean
}

/**
 * A DELETE of a resource whose entry is kept elsewhere: off first, then out of its groups, then away.
 * Whatever fails, what was done before it is taken back, so the resource is there as a whole or gone;
 * the move comes last, because nobody finds by its id what has been moved.
 *
 * @throws {ScimError} 500 where the account cannot be switched off.
 */
export function planLeave(
  rules: Rules,
  resource: ResourceRules,
  leaving: Leaving,
  { entry, id, holders, unchanged }: Departure,
  facts: Facts,
): Plan {
  const off = leaving.disable ? switchedOff(rules, resource, entry, facts) : []
  const { attributes } = readingOf(rules, resource, resource.attributes, facts.server)
  const first = unchanged ? unchangedGuard(rules, entry, attributes) : guardOf(rules, entry)
  const steps: Step[] = []
  const changes = off.flatMap(({ ldap, current, values }) => changesBetween(ldap, current, values))
  if (changes.length > 0) {
    const inverse = off.flatMap(({ ldap, current, values }) =>
      changesBetween(ldap, values, current),
    )
    const guard = guarding(rules, first, entry.dn, facts)
    steps.push(modifyStep(entry.dn, { changes, inverse }, undefined, guard))
  }
  steps.push(...holders.map((holder) => leaveStep(rules, resource, holder, { entry, id }, facts)))
  // Servers that mind memberOf have written to the entry by then: its version says nothing any more.
  const guard = steps.length === 0 ? first : guardOf(rules, entry)
  const { controls, check } = guarding(rules, guard, entry.dn, facts)
  const reads = facts.server.controls.has('postRead')
  const rename = (name: Pick<Rename, 'rdn' | 'keepsOldRdn'>) => ({
    kind: 'rename' as const,
    dn: entry.dn,
    superior: leaving.target,
    ...name,
    ...controls,
    ...(reads && { postRead: [rules.dialect.id.attribute] }),
  })
  const [rdn = []] = entry.dn.rdns
  const to = childOf(leaving.target, rdn)
  const from = parentOf(entry.dn)
  steps.push({
    write: rename({ rdn }),
    otherwise: [
      { on: 'entryAlreadyExists', write: rename(nameBesides(rdn, id, facts.server.schema)) },
    ],
    ...(check && { check }),
    undo: { kind: 'rename', dn: to, rdn, ...(from && { superior: from }) },
  })
  return { steps, moved: { from: entry.dn, to }, readAfter: false }
}

/** What the attribute behind `active` shall have. */
function switchedOff(
  rules: Rules,
  { type, attributes }: ResourceRules,
  entry: Entry,
  facts: Facts,
): readonly Desired[] {
  const rule = switchOf(attributes)
  if (rule === undefined) return []
  try {
    return desiredBy(rules, rule, withAttribute({}, rule.path, false), facts, entry)
  } catch (error) {
    if (!(error instanceof ScimError)) throw error
    throw new ScimError(500, `the ${type.name} cannot be deleted: ${error.message}`, {
      cause: error,
    })
  }
}

/** One modify, whatever the group's size; the placeholder stays in the group when this is undone. */
function leaveStep(
  rules: Rules,
  { type }: ResourceRules,
  { rule, entry: group }: Holder,
  { entry, id }: Pick<Departure, 'entry' | 'id'>,
  facts: Facts,
): Step {
  const own = { id, type: type.name, dn: entry.dn, attributes: entry.attributes }
  const members = changesOfMemberships([{ rule, added: [], removed: [id] }], {
    references: new Map([[id, own]]),
    server: facts.server,
  })
  const guard = guarding(rules, guardOf(rules, group), group.dn, facts)
  const [name] = namesOf(rule, entry)
  const values = name === undefined ? [] : [name.text]
  const back = { kind: 'add', attribute: rule.ldap, values } as const
  return {
    ...modifyStep(group.dn, { changes: [], inverse: [] }, members, guard),
    undo: {
      kind: 'modify',
      dn: group.dn,
      changes: [back],
      ...(members.permissive && { permissive: true }),
    },
  }
}

/**
 * The name of one who leaves where another one of that name has left before: with the id behind it.
 * The old name stays a value where the attribute may have two, because a later POST looks for it.
 */
function nameBesides(
  rdn: Rdn,
  id: string,
  schema: LdapSchema,
): Pick<Rename, 'rdn' | 'keepsOldRdn'> {
  const single = rdn.some(({ type }) => schema.attributeType(type)?.singleValue === true)
  return {
    rdn: rdn.map(({ type, value }, index) =>
      index === 0 ? { type, value: withId(textOf(value), id) } : { type, value },
    ),
    ...(!single && { keepsOldRdn: true as const }),
  }
}

/** A common name has 64 characters (RFC 5280, ub-common-name); Active Directory minds. */
function withId(text: string, id: string): string {
  return `${[...text].slice(0, 64 - ` ${id}`.length).join('')} ${id}`
}
