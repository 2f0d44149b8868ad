import { describe, expect, test } from 'vitest'
import { parseDn } from '../../src/ldap/dn.ts'
import { changeRecord } from '../../src/ldap/ldif.ts'

const dn = parseDn('uid=ann,ou=people,dc=example')
const rdn = [{ type: 'uid', value: 'Änn' }]
const shown = () => undefined

describe('the change record of', () => {
  test('an add', () => {
    const attributes = [
      { name: 'uid', values: ['ann'] },
      { name: 'description', values: ['a', ' b'] },
    ]
    expect(changeRecord({ kind: 'add', dn, attributes }, shown)).toBe(
      'dn: uid=ann,ou=people,dc=example\nchangetype: add\nuid: ann\ndescription: a\ndescription:: IGI=\n',
    )
  })

  test('a modify', () => {
    const changes = [
      { kind: 'delete', attribute: 'mail', values: ['a@example.com'] },
      { kind: 'add', attribute: 'mail', values: ['b@example.com'] },
      { kind: 'replace', attribute: 'fax', values: [] },
    ] as const
    expect(changeRecord({ kind: 'modify', dn, changes }, shown)).toBe(
      [
        'dn: uid=ann,ou=people,dc=example',
        'changetype: modify',
        ...['delete: mail', 'mail: a@example.com', '-'],
        ...['add: mail', 'mail: b@example.com', '-'],
        ...['replace: fax', '-', ''],
      ].join('\n'),
    )
  })

  test('an increment (RFC 4525)', () => {
    const increment = { attribute: 'uidNumber', by: 3 }
    expect(changeRecord({ kind: 'modify', dn, changes: [], increment }, shown)).toBe(
      'dn: uid=ann,ou=people,dc=example\nchangetype: modify\nincrement: uidNumber\nuidNumber: 3\n-\n',
    )
  })

  test('a rename', () => {
    const superior = parseDn('ou=leavers,dc=example')
    expect(changeRecord({ kind: 'rename', dn, rdn, superior }, shown)).toBe(
      'dn: uid=ann,ou=people,dc=example\nchangetype: modrdn\nnewrdn:: dWlkPcOEbm4=\ndeleteoldrdn: 1\nnewsuperior: ou=leavers,dc=example\n',
    )
    const kept = changeRecord({ kind: 'rename', dn, rdn, keepsOldRdn: true }, shown)
    expect(kept).toContain('deleteoldrdn: 0\n')
    expect(kept).not.toContain('newsuperior')
  })

  test('a delete', () => {
    expect(changeRecord({ kind: 'delete', dn }, shown)).toBe(
      'dn: uid=ann,ou=people,dc=example\nchangetype: delete\n',
    )
  })

  test('a password modify operation, which LDIF has no form for', () => {
    expect(changeRecord({ kind: 'password', dn, newPassword: 'hidden' }, shown)).toBe(
      'dn: uid=ann,ou=people,dc=example\n# password modify operation (RFC 3062)\n',
    )
  })
})

test('what is omitted is a comment', () => {
  const attributes = [{ name: 'userPassword', values: ['hidden'] }]
  const changes = [{ kind: 'replace', attribute: 'userPassword', values: ['hidden'] }] as const
  const omitted = (name: string) => (name === 'userPassword' ? 'not shown' : undefined)
  expect(changeRecord({ kind: 'add', dn, attributes }, omitted)).toContain(
    '\n# userPassword: not shown\n',
  )
  expect(changeRecord({ kind: 'modify', dn, changes }, omitted)).toContain(
    '\nreplace: userPassword\n# userPassword: not shown\n-\n',
  )
})
