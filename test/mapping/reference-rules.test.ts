import { describe, expect, test } from 'vitest'
import { resourceRules } from '../../src/mapping/rules.ts'
import { problemsOf, ruleOf, rulesOf, shippedRules, userMapping } from '../support/rules.ts'

const groups = (members: string) => `  Group:
    base: ou=groups,{{ suffix }}
    filter: (objectClass=posixGroup)
    dn: cn={{ displayName }},ou=groups,{{ suffix }}
    objectClass: [posixGroup]
    attributes:
      displayName: cn
      members: ${members}
`
const BY_UID = '{ reference: User, ldap: memberUid, by: uid }'
const mapping = (members: string, attributes: readonly string[], others: readonly string[] = []) =>
  userMapping(['userName: uid', ...attributes], others) + groups(members)

test('values that name by an attribute, and their way back, know each other', () => {
  const rules = shippedRules('openldap-posix')
  const [user, group] = [resourceRules(rules, 'User'), resourceRules(rules, 'Group')]
  const members = ruleOf(group, 'members', 'reference')
  expect(members).toMatchObject({ ldap: 'memberUid', by: 'uid', types: ['User'] })
  const back = ruleOf(user, 'groups', 'backlink')
  const holder = back.holders.get('Group')
  expect([...back.holders.keys()]).toEqual(['Group'])
  expect(holder).toMatchObject({ key: 'members', ldap: 'memberUid', by: 'uid' })
  expect(back.displays).toEqual(new Map([['Group', 'cn']]))
  const shown = user.type.schema.attributes.find(({ name }) => name === 'groups')
  expect(shown?.subAttributes?.map(({ name }) => name)).toEqual([
    'value',
    '$ref',
    'display',
    'type',
  ])
})

test('a whole number may name, too', () => {
  const yaml = `schemas:
  posix: { id: 'urn:posix', name: Posix, attributes: { number: { type: integer } } }
${mapping('{ reference: User, ldap: gidNumber, by: UIDNUMBER }', ['posix.number: uidNumber'])}`
  expect(problemsOf(yaml)).toEqual([])
  const group = resourceRules(rulesOf(yaml), 'Group')
  expect(ruleOf(group, 'members', 'reference').by).toBe('UIDNUMBER')
})

describe('a mapping is told', () => {
  test.each([
    [
      'a name that no attribute has',
      mapping('{ reference: User, ldap: memberUid, by: uidd }', []),
      'Group.attributes.members.by: no attribute of User with one value, text or a whole number, is mapped to "uidd"; did you mean "uid"?',
    ],
    [
      'a name that is kept otherwise',
      mapping('{ reference: User, ldap: memberUid, by: jpegPhoto }', [
        'title: { ldap: jpegPhoto, as: { enum: { a: b } } }',
      ]),
      'Group.attributes.members.by: no attribute of User with one value, text or a whole number, is mapped to "jpegPhoto"',
    ],
    [
      'a placeholder beside a name',
      mapping("{ reference: User, ldap: memberUid, by: uid, placeholder: 'cn=x' }", []),
      'Group.attributes.members: "placeholder" is a DN: it has no meaning beside "by"',
    ],
    [
      '"by" without a reference',
      mapping(BY_UID, ['title: { ldap: title, by: uid }']),
      'User.attributes.title: "by" is for references only',
    ],
    [
      'a way back of nothing',
      mapping(BY_UID, ['groups: { reference: Group, backlink: member }']),
      'User.attributes.groups.backlink: no attribute of Group that refers to a User is called "member"; did you mean "members"?',
    ],
    [
      'a way back that clients would write',
      mapping(BY_UID, ['groups: { reference: Group, backlink: members, mutability: readWrite }']),
      'User.attributes.groups: "backlink" shows what others hold: it is for readOnly attributes of several values, and groups is readWrite',
    ],
    [
      'a way back that is one value',
      mapping(BY_UID, [
        'enterprise.manager: { reference: User, backlink: members, mutability: readOnly }',
      ]),
      'User.attributes["enterprise.manager"]: "backlink" shows what others hold: it is for readOnly attributes of several values, and enterprise.manager is one value',
    ],
    [
      'an LDAP attribute of a way back',
      mapping(BY_UID, ['groups: { reference: Group, backlink: members, ldap: memberOf }']),
      'User.attributes.groups: "ldap" has no meaning beside "backlink"',
    ],
    [
      'leavers who would leave their memberships to others',
      mapping(
        BY_UID,
        [],
        ["delete: { move: 'ou=leavers,{{ suffix }}', disable: false, leaveGroups: false }"],
      ),
      'User.delete.leaveGroups: members of Group names Users by uid: who gets the name of a leaver next would be in its groups',
    ],
  ])('of %s', (_, yaml, problem) => {
    expect(problemsOf(yaml).map((text) => text.replace(/^.*?resources\./, ''))).toEqual([problem])
  })
})
