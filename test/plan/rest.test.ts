import { X509Certificate } from 'node:crypto'
import { rootCertificates } from 'node:tls'
import { describe, expect, test } from 'vitest'
import type { Value } from '../../src/ldap/value.ts'
import type { ResourceRules } from '../../src/mapping/rules.ts'
import { resourceRules } from '../../src/mapping/rules.ts'
import type { RestRule } from '../../src/plan/rest.ts'
import { elementsWithRest, hasRest, startOfNote, valuesWithRest } from '../../src/plan/rest.ts'
import type { JsonObject } from '../../src/scim/resource.ts'
import { entry } from '../support/entries.ts'
import { ruleOf, shippedRules, userRules } from '../support/rules.ts'
import { serverWithout } from '../support/server.ts'

const { schema } = serverWithout()
const user = resourceRules(shippedRules('openldap-scim'), 'User')
const [CERTIFICATE = ''] = rootCertificates.map((pem) =>
  new X509Certificate(pem).raw.toString('base64'),
)

function restRule(key: string, resource: ResourceRules = user): RestRule {
  const rule = ruleOf(resource, key, 'slots')
  if (!hasRest(rule)) throw new Error(`${key} has no rest`)
  return rule
}

/** The values that LDAP attributes get for elements; those that get none left out. */
function written(rule: RestRule, elements: readonly JsonObject[]) {
  const values = valuesWithRest(rule, elements, schema)
    .filter(([, each]) => each.length > 0)
    .map(([{ ldap }, each]) => [ldap, each] as const)
  return Object.fromEntries(values) as Record<string, readonly Value[]>
}

function readBack(rule: RestRule, stored: Readonly<Record<string, readonly Value[]>>) {
  return elementsWithRest(rule, entry('uid=a', stored))
}

const CASES: readonly (readonly [
  claim: string,
  key: string,
  elements: readonly JsonObject[],
  stored: Readonly<Record<string, readonly Value[]>>,
])[] = [
  [
    'an element that a slot says all of is in the slot alone',
    'emails',
    [{ value: 'a@x', type: 'work', primary: true }],
    { mail: ['a@x'] },
  ],
  [
    'what a slot says too much is noted',
    'emails',
    [{ value: 'a@x', type: 'work' }],
    { mail: ['a@x'], scimEmail: ['["mail",{"primary":null}]'] },
  ],
  [
    'what a slot has no place for is noted',
    'emails',
    [{ value: 'a@x', type: 'work', primary: true, display: 'Ann "A"' }],
    { mail: ['a@x'], scimEmail: ['["mail",{"display":"Ann \\"A\\""}]'] },
  ],
  [
    'a type in other letters is noted',
    'phoneNumbers',
    [{ value: '+1', type: 'Mobile' }],
    { mobile: ['+1'], scimPhoneNumber: ['["mobile",{"type":"Mobile"}]'] },
  ],
  [
    'an element without a type is in the primary slot, and the note takes the type away',
    'emails',
    [{ value: 'a@x' }],
    { mail: ['a@x'], scimEmail: ['["mail",{"primary":null,"type":null}]'] },
  ],
  [
    'who has the type comes before who has none',
    'emails',
    [{ value: 'a@x' }, { value: 'b@x', type: 'work', primary: true }],
    { mail: ['b@x'], scimEmail: ['{"value":"a@x"}'] },
  ],
  [
    'where no slot is primary, what has no type is in the rest',
    'phoneNumbers',
    [{ value: '+1' }],
    { scimPhoneNumber: ['{"value":"+1"}'] },
  ],
  [
    'a second element of a type is in the rest',
    'phoneNumbers',
    [
      { value: '+1', type: 'work' },
      { value: '+2', type: 'work', primary: true },
    ],
    { telephoneNumber: ['+1'], scimPhoneNumber: ['{"primary":true,"type":"work","value":"+2"}'] },
  ],
  [
    'an element of a type without a slot is in the rest, its names in order',
    'emails',
    [{ type: 'büro', value: 'a@x', display: 'A' }],
    { scimEmail: ['{"display":"A","type":"büro","value":"a@x"}'] },
  ],
  [
    'a value that the syntax of the slot refuses is in the rest',
    'phoneNumbers',
    [
      { value: 'по запросу', type: 'work' },
      { value: '+1', type: 'work' },
    ],
    { telephoneNumber: ['+1'], scimPhoneNumber: ['{"type":"work","value":"по запросу"}'] },
  ],
  [
    'an element with nothing that the slot keeps is in the rest',
    'emails',
    [{ type: 'work', primary: true, display: 'A' }],
    { scimEmail: ['{"display":"A","primary":true,"type":"work"}'] },
  ],
  [
    'a part that the slot cannot keep is noted, and the others stay in it',
    'addresses',
    [{ type: 'work', locality: 'Köln', formatted: '\n' }],
    {
      l: ['Köln'],
      scimAddress: ['["street",{"formatted":"\\n"}]'],
    },
  ],
  [
    'a part that LDAP says in another way is there, and noted as it was',
    'addresses',
    [{ type: 'home', formatted: 'a\r\nb' }],
    {
      homePostalAddress: ['a$b'],
      scimAddress: ['["homepostaladdress",{"formatted":"a\\r\\nb"}]'],
    },
  ],
  [
    'dollars and backslashes of lines are no obstacle',
    'addresses',
    [{ type: 'work', formatted: '$ 5\n\\' }],
    { postalAddress: ['\\24 5$\\5C'] },
  ],
  [
    'parts that another slot of the attribute has are noted',
    'addresses',
    [{ type: 'home', formatted: 'a\nb', country: 'DE' }],
    { homePostalAddress: ['a$b'], scimAddress: ['["homepostaladdress",{"country":"DE"}]'] },
  ],
  [
    'an attribute for values keeps those that have nothing else and are of its syntax',
    'x509Certificates',
    [{ value: CERTIFICATE }, { value: CERTIFICATE, display: 'old' }, { value: 'AAAA' }],
    {
      'userCertificate;binary': [Buffer.from(CERTIFICATE, 'base64')],
      scimX509Certificate: [`{"display":"old","value":"${CERTIFICATE}"}`, '{"value":"AAAA"}'],
    },
  ],
  [
    'a rest alone keeps everything',
    'roles',
    [{ value: 'admin' }, { value: 'auditor', primary: true }],
    { scimRole: ['{"value":"admin"}', '{"primary":true,"value":"auditor"}'] },
  ],
]

test.each(CASES)('%s', (_, key, elements, stored) => {
  const rule = restRule(key)
  const found = written(rule, elements)
  expect(Object.keys(found)).toEqual(Object.keys(stored))
  for (const [name, values] of Object.entries(stored)) {
    expect(found[name]?.map((value) => Buffer.from(value))).toEqual(
      values.map((value) => Buffer.from(value)),
    )
  }
  expect(readBack(rule, found)).toHaveLength(elements.length)
  expect(readBack(rule, found)).toEqual(expect.arrayContaining([...elements]))
})

test('a slot without a type keeps what has none', () => {
  const { user: own } = userRules([
    'userName: uid',
    'emails: [ { type: work, value: mail }, { value: title }, { rest: scimEmail } ]',
  ])
  const rule = restRule('emails', own)
  const elements = [{ value: 'a@x' }, { value: 'b@x' }, { value: 'c@x', type: 'home' }]
  const stored = written(rule, elements)
  expect(stored).toEqual({
    title: ['a@x'],
    scimEmail: ['{"type":"home","value":"c@x"}', '{"value":"b@x"}'],
  })
  expect(readBack(rule, stored)).toEqual([elements[0], elements[2], elements[1]])
})

test('an LDAP attribute that the server does not know keeps nothing', () => {
  const { user: own } = userRules([
    'userName: uid',
    'emails: [ { type: work, value: x-mail }, { rest: scimEmail } ]',
  ])
  expect(written(restRule('emails', own), [{ value: 'a@x', type: 'work' }])).toEqual({
    scimEmail: ['{"type":"work","value":"a@x"}'],
  })
})

describe('what another client of the directory wrote', () => {
  test('is read as the slot says where there is no note', () => {
    expect(readBack(restRule('emails'), { mail: ['a@x', 'b@x'] })).toEqual([
      { value: 'a@x', type: 'work', primary: true },
    ])
  })

  test('is not primary where the rest has a primary value, or a note tells of one', () => {
    const other = { value: 'b@x', type: 'home', primary: true }
    expect(
      readBack(restRule('emails'), { mail: ['a@x'], scimEmail: [JSON.stringify(other)] }),
    ).toEqual([{ value: 'a@x', type: 'work' }, other])
  })

  test('is shown where a note has an older value', () => {
    const note = '["street",{"formatted":"old\\r\\nline","country":"DE"}]'
    expect(
      readBack(restRule('addresses'), { postalAddress: ['new'], co: ['FR'], scimAddress: [note] }),
    ).toEqual([{ type: 'work', formatted: 'new', country: 'FR' }])
  })

  test('is not hidden by a note on a slot that is empty now', () => {
    expect(readBack(restRule('emails'), { scimEmail: ['["mail",{"display":"A"}]'] })).toEqual([])
  })

  test.each(['no JSON', '17', '"text"', 'null', '[]', '["mail"]', '[1,{}]', '["mail",1]'])(
    'is passed over where it is no value of a rest: %s',
    (text) => {
      expect(readBack(restRule('emails'), { mail: ['a@x'], scimEmail: [text] })).toEqual([
        { value: 'a@x', type: 'work', primary: true },
      ])
    },
  )
})

describe('text that matching prepares (RFC 4518)', () => {
  const stored = (key: string, rest: string, value: string) =>
    written(restRule(key), [{ value, type: 'x' }])[rest]

  test.each([
    ['a quotation mark of full width', '\uff02primary\uff02:true', '\\uff02primary\\uff02:true'],
    ['a backslash of full width', 'a\uff3cb\ufe68', 'a\\uff3cb\\ufe68'],
    ['the capital i with a dot', '\u0130', '\\u0130'],
  ])('%s is escaped', (_, value, text) => {
    expect(stored('emails', 'scimEmail', value)).toEqual([`{"type":"x","value":"${text}"}`])
    expect(stored('photos', 'scimPhoto', value)).toEqual([`{"type":"x","value":"${text}"}`])
  })

  test('letters of any script stay as they are', () => {
    const value = 'Zoë e\u0301 ﬁ  花子Привет🙂'
    expect(stored('photos', 'scimPhoto', value)).toEqual([`{"type":"x","value":"${value}"}`])
  })
})

test('a note is found by its beginning', () => {
  const rule = restRule('addresses')
  const [note] = written(rule, [{ type: 'home', formatted: 'a', country: 'DE' }]).scimAddress ?? []
  const home = rule.slots.find(({ type }) => type === 'home')
  if (home === undefined) throw new Error('no slot')
  expect(startOfNote(home)).toBe('["homepostaladdress",{')
  expect(note).toMatch(/^\["homepostaladdress",\{/)
})
