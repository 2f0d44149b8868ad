import { describe, expect, test } from 'vitest'
import { parseDn, printDn, printRdn } from '../../src/ldap/dn.ts'
import { keepsOldName, nameOf, newName } from '../../src/mapping/naming.ts'
import type { Resource } from '../../src/scim/resource.ts'
import { ENTERPRISE_USER_SCHEMA } from '../../src/scim/urn.ts'
import { refusalOf } from '../scim/refusal.ts'
import { userRules } from '../support/rules.ts'

const ATTRIBUTES = ['userName: uid', 'displayName: cn', 'enterprise.department: departmentNumber']
const DN =
  "dn: 'uid={{ userName }},{% if enterprise.department %}ou={{ enterprise.department }},{% endif %}ou=people,{{ suffix }}'"
const { rules, user } = userRules(ATTRIBUTES, [DN])

const person = (userName: string, department?: string): Resource => ({
  userName,
  ...(department !== undefined && { [ENTERPRISE_USER_SCHEMA]: { department } }),
})

describe('the name of a new entry', () => {
  test('comes from the template, below the base', () => {
    expect(printDn(nameOf(user, person('anna'), rules.scope))).toBe('uid=anna,ou=people,dc=example')
    expect(printDn(nameOf(user, person('anna', 'R,D'), rules.scope))).toBe(
      'uid=anna,ou=R\\2CD,ou=people,dc=example',
    )
  })

  test.each([{}, { userName: ' ' }])('needs what the template reads: %j', (resource) => {
    expect(refusalOf(() => nameOf(user, resource, rules.scope))).toEqual({
      status: 400,
      scimType: 'invalidValue',
      detail: 'userName, enterprise.department is required: it names the entry',
    })
  })

  test('never lies outside of the base', () => {
    const stray = userRules(ATTRIBUTES, [
      "dn: 'uid={{ userName }},{% if displayName %}ou=people,{% endif %}{{ suffix }}'",
    ]).user
    expect(refusalOf(() => nameOf(stray, person('anna'), rules.scope))).toEqual({
      status: 400,
      scimType: 'invalidValue',
      detail: "the values lead to uid=anna,dc=example, outside of the directory's part for Users",
    })
  })

  test('is never the base itself', () => {
    const base = userRules(ATTRIBUTES, [
      "dn: '{% if displayName %}uid={{ userName }},{% endif %}ou=people,{{ suffix }}'",
    ]).user
    expect(refusalOf(() => nameOf(base, person('anna'), rules.scope)).detail).toBe(
      "the values lead to ou=people,dc=example, outside of the directory's part for Users",
    )
  })
})

const rename = (
  dn: string,
  before: Resource,
  after: Resource,
  resource = user,
): readonly string[] | undefined => {
  const name = newName(resource, parseDn(dn), before, after, rules.scope)
  return name && [printRdn(name.rdn), ...(name.superior ? [printDn(name.superior)] : [])]
}

describe('the new name of an entry', () => {
  const dn = 'uid=anna,ou=people,dc=example'

  test('follows what the template reads', () => {
    expect(rename(dn, person('anna'), person('anne'))).toEqual(['uid=anne'])
    expect(rename(dn, person('anna'), person('Anna'))).toEqual(['uid=Anna'])
    expect(rename(dn, person('anna'), person('anna', 'it'))).toEqual([
      'uid=anna',
      'ou=it,ou=people,dc=example',
    ])
    expect(rename(dn, person('anna'), person('anne', 'it'))).toEqual([
      'uid=anne',
      'ou=it,ou=people,dc=example',
    ])
    expect(
      rename('UID=ANNA,OU=IT,OU=People,DC=Example', person('anna', 'it'), person('anna')),
    ).toEqual(['UID=ANNA', 'ou=people,dc=example'])
  })

  test('is none where nothing that the template reads changes', () => {
    expect(rename(dn, person('anna'), { ...person('anna'), displayName: 'A' })).toBeUndefined()
  })

  test('leaves alone what was named by somebody else', () => {
    expect(
      rename('cn=Anna Ax,ou=people,dc=example', person('anna'), person('anne')),
    ).toBeUndefined()
    expect(
      rename('uid=anna,ou=x,ou=people,dc=example', person('anna'), person('anna', 'it')),
    ).toBeUndefined()
    expect(
      rename('uid=anna,ou=x,ou=people,dc=example', person('anna'), person('anne', 'it')),
    ).toEqual(['uid=anne'])
    expect(rename('cn=Anna Ax,ou=people,dc=example', person('anna'), person('anne', 'it'))).toEqual(
      ['cn=Anna Ax', 'ou=it,ou=people,dc=example'],
    )
  })

  test('is none where the mapping says never', () => {
    const never = userRules(ATTRIBUTES, [DN, 'rename: never']).user
    expect(rename(dn, person('anna'), person('anne', 'it'), never)).toBeUndefined()
  })

  test('needs what the template reads', () => {
    expect(refusalOf(() => rename(dn, person('anna'), {})).detail).toMatch(
      /^userName.* is required/,
    )
  })
})

describe('an entry that is not named as the mapping would have named it', () => {
  const keeps = (dn: string, before: Resource, after: Resource, resource = user) =>
    keepsOldName(resource, parseDn(dn), before, after, rules.scope)

  test('keeps its name when that of the mapping changes', () => {
    expect(keeps('uid=else,ou=people,dc=example', person('anna'), person('anne'))).toBe(true)
    expect(keeps('uid=else,ou=people,dc=example', person('anna'), person('anna'))).toBe(false)
    expect(keeps('uid=anna,ou=people,dc=example', person('anna'), person('anne'))).toBe(false)
  })

  test('is none where entries are never renamed', () => {
    const never = userRules(ATTRIBUTES, [DN, 'rename: never']).user
    const dn = 'uid=else,ou=people,dc=example'
    expect(keeps(dn, person('anna'), person('anne'), never)).toBe(false)
  })
})

describe('a counted name', () => {
  const counted = userRules(
    ['userName: uid', 'displayName: displayName'],
    ["dn: 'cn={{ displayName }}{% if n %} ({{ n }}){% endif %},ou=people,{{ suffix }}'"],
  )
  const jo = { userName: 'jo', displayName: 'Jo' }
  const dn = parseDn('cn=Jo (3),ou=people,dc=example')
  const renamedTo = (after: Resource, n?: number) => {
    const name = newName(counted.user, dn, jo, after, { ...counted.rules.scope, n })
    return name && printRdn(name.rdn)
  }

  test('has the number that it is asked for with', () => {
    const scope = { ...counted.rules.scope, n: 2 }
    expect(printDn(nameOf(counted.user, jo, scope))).toBe('cn=Jo (2),ou=people,dc=example')
  })

  test('keeps its number until what else it is made of changes', () => {
    expect(renamedTo({ ...jo, userName: 'else' })).toBeUndefined()
    expect(renamedTo({ ...jo, userName: 'else' }, 7)).toBeUndefined()
    expect(renamedTo({ ...jo, displayName: 'Joan' })).toBe('cn=Joan')
    expect(renamedTo({ ...jo, displayName: 'Joan' }, 2)).toBe('cn=Joan (2)')
  })
})
