import type { Change } from '../ldap/change.ts'
import type { Attribute } from '../ldap/entry.ts'
import { equal, or } from '../ldap/filter.ts'
import type { Dn } from '../ldap/dn.ts'
import type { Value } from '../ldap/value.ts'
import { attributeKey, textOf } from '../ldap/value.ts'
import { isAllocating } from '../mapping/allocation.ts'
import type { AttributeRule, ResourceRules, Rules } from '../mapping/rules.ts'
import { expandText } from '../mapping/template.ts'
import { nameOf } from '../mapping/naming.ts'
import { STRICT } from '../scim/client-quirks.ts'
import type { Tolerance } from '../scim/client-quirks.ts'
import { ScimError } from '../scim/error.ts'
import { printResolved } from '../scim/path.ts'
import { isObject, memberIgnoringCase } from '../scim/json.ts'
import { getAttribute } from '../scim/resource.ts'
import type { Json, Resource } from '../scim/resource.ts'
import { desiredBy, idsIn, isReadOnly, toLdap } from './attributes.ts'
import { soughtOfNew } from './backlinks.ts'
import { joined } from './desired.ts'
import type { Facts, Question } from './facts.ts'
import type { Plan, Step } from './plan.ts'
import { readingOf } from './reading.ts'

/** What a POST must know: the entries that it refers to, and whether its unique values are free. */
export function questionOfCreate(resource: ResourceRules, body: Resource): Question {
  const clashes = or(uniqueValues(resource, body).map(({ ldap, value }) => equal(ldap, value)))
  const sought = soughtOfNew(resource, body)
  return {
    ids: idsIn(resource.attributes, body),
    ...(clashes.kind !== 'false' && { clashes: { type: resource.type.name, filter: clashes } }),
    ...(sought.length > 0 && { sought }),
  }
}

/** The DN of a new entry, where the request alone says it. */
export function nameOfNew(rules: Rules, resource: ResourceRules, body: Resource): Dn | undefined {
  if (resource.naming.dn.numbered) return undefined
  try {
    return nameOf(resource, body, rules.scope)
  } catch (error) {
    // What is wrong with the name is told when the entry is planned.
    if (error instanceof ScimError) return undefined
    throw error
  }
}

/**
 * A POST (RFC 7644 §3.3): one add with everything that fits in it. Where the password goes by an
 * operation of its own, it follows, and the add is undone if it is refused.
 *
 * @param sparePassword For an account that needs one and is given none.
 * @throws {ScimError} uniqueness, invalidValue
 */
export function planCreate(
  rules: Rules,
  resource: ResourceRules,
  body: Resource,
  facts: Facts,
  tolerance: Tolerance = STRICT,
  sparePassword?: string,
): Plan {
  refuseClashes(resource, body, facts)
  const dn = nameOf(resource, body, rules.scope)
  const values = new Map<string, Attribute>()
  const put = (name: string, added: readonly Value[]) => {
    if (added.length === 0) return
    const known = values.get(attributeKey(name))
    values.set(attributeKey(name), { name, values: [...(known?.values ?? []), ...added] })
  }
  put('objectClass', resource.objectClasses)
  const desired = resource.attributes
    .filter((rule) => !isReadOnly(rule) || isAllocating(rule))
    .flatMap((rule) => desiredBy(rules, rule, body, facts, undefined, tolerance))
  for (const { ldap, values: wanted } of joined(desired)) put(ldap, wanted)
  for (const { ldap, value } of resource.writes) {
    const n = value.numbered ? rules.scope.numbers?.get(attributeKey(ldap)) : undefined
    const text = expandText(value, body, { ...rules.scope, n })
    put(ldap, text === '' ? [] : [text])
  }
  for (const { type, value } of dn.rdns[0] ?? []) {
    if (!values.has(attributeKey(type))) put(type, [value])
  }
  const { toValue } = rules.dialect.password
  const isAccount = resource.attributes.some(({ kind }) => kind === 'activation')
  const password = passwordIn(resource, body) ?? (isAccount ? sparePassword : undefined)
  if (password !== undefined && toValue !== undefined) {
    put(rules.dialect.password.attribute, [toValue(password)])
  }
  const after = passwordSteps(rules, resource, dn, body)
  const reads = facts.server.controls.has('postRead') && after.length === 0
  const add: Step = {
    write: {
      kind: 'add',
      dn,
      attributes: [...values.values()],
      ...(reads && {
        postRead: readingOf(rules, resource, resource.attributes, facts.server).attributes,
      }),
    },
    undo: { kind: 'delete', dn },
  }
  return { steps: [add, ...after], readAfter: !reads }
}

/** The change that sets a password, where it goes with others. */
export function passwordChanges(
  { dialect: { password } }: Rules,
  resource: ResourceRules,
  after: Resource,
): readonly Change[] {
  const newPassword = passwordIn(resource, after)
  if (newPassword === undefined || password.toValue === undefined) return []
  const values = [password.toValue(newPassword)]
  return [{ kind: 'replace', attribute: password.attribute, values }]
}

/** The steps that set a password by itself; an account that is off stays off. */
export function passwordSteps(
  { dialect: { activation, password } }: Rules,
  resource: ResourceRules,
  dn: Dn,
  after: Resource,
): readonly Step[] {
  const newPassword = passwordIn(resource, after)
  if (newPassword === undefined || password.toValue !== undefined) return []
  const rule = resource.attributes.find(({ kind }) => kind === 'activation')
  const isOff = rule !== undefined && getAttribute(after, rule.path) === false
  const off: Change = {
    kind: 'replace',
    attribute: activation.attribute,
    values: activation.valuesFor(false, []),
  }
  return [
    { write: { kind: 'password', dn, newPassword } },
    ...(isOff && activation.liftedByPassword
      ? [{ write: { kind: 'modify', dn, changes: [off] } } as const]
      : []),
  ]
}

/** The password that a resource carries on its way in. */
function passwordIn({ attributes }: ResourceRules, body: Resource): string | undefined {
  const rule = attributes.find(({ kind }) => kind === 'password')
  const password = rule === undefined ? undefined : getAttribute(body, rule.path)
  return typeof password === 'string' ? password : undefined
}

/**
 * @param body As the client sent it.
 * @throws {ScimError} mutability, where the mapping says that a value for a readOnly attribute is refused.
 */
export function refuseReadOnly(attributes: readonly AttributeRule[], body: unknown): void {
  for (const rule of attributes) {
    if (!('refuseWrites' in rule) || !rule.refuseWrites || !isReadOnly(rule)) continue
    const { schema, extension, attribute, sub } = rule.path
    const names = [...(extension ? [schema.id] : []), attribute.name, ...(sub ? [sub.name] : [])]
    const given = names.reduce<Json | undefined>(
      (value, name) => (isObject(value) ? memberIgnoringCase(value, name) : undefined),
      body as Json,
    )
    if (given !== undefined)
      throw new ScimError('mutability', `${printResolved(rule.path)} is readOnly`)
  }
}

interface UniqueValue {
  readonly name: string
  readonly ldap: string
  readonly value: Value
}

/** The values of a resource that no other of its type may have (RFC 7643 §7, uniqueness). */
export function uniqueValues(resource: ResourceRules, body: Resource): readonly UniqueValue[] {
  return resource.attributes.flatMap((rule) => {
    if (rule.kind !== 'value') return []
    const { uniqueness } = rule.path.sub ?? rule.path.attribute
    const value = getAttribute(body, rule.path)
    if (uniqueness === 'none' || value === undefined) return []
    const name = printResolved(rule.path)
    return [value].flat().map((one) => ({ name, ldap: rule.ldap, value: toLdap(rule, one, name) }))
  })
}

/** @throws {ScimError} uniqueness, naming the attribute. */
export function refuseClashes(resource: ResourceRules, body: Resource, { clashes }: Facts): void {
  if (clashes.length === 0) return
  const taken = uniqueValues(resource, body).find(({ ldap, value }) =>
    clashes.some((entry) =>
      (entry.attributes.get(attributeKey(ldap)) ?? []).some(
        (held) => textOf(held).toLowerCase() === textOf(value).toLowerCase(),
      ),
    ),
  )
  const name = taken?.name ?? uniqueValues(resource, body)[0]?.name ?? 'a unique value'
  throw new ScimError('uniqueness', `${name} is taken by another ${resource.type.name}`)
}
