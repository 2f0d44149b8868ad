import { describe, expect, test } from 'vitest'
import { activeDirectory } from '../../src/ldap/dialects/active-directory.ts'
import { printFilter } from '../../src/ldap/filter.ts'
import { schemaOf, withMatchingRules } from '../../src/ldap/schema.ts'

const { id, activation, password, readDiagnostic, resultOf, matchingRules } = activeDirectory

describe('id', () => {
  const TEXT = '5f795def-21e3-43f5-b8b6-32669d959188'
  const OCTETS = Uint8Array.from(Buffer.from('ef5d795fe321f543b8b632669d959188', 'hex'))

  test('is the text of objectGUID', () => {
    expect(id.toId(OCTETS)).toBe(TEXT)
    expect(id.toValue(TEXT)).toEqual(OCTETS)
  })

  test('is the same where the octets happen to be UTF-8', () => {
    expect(id.toId('abcdefghijklmnop')).toBe('64636261-6665-6867-696a-6b6c6d6e6f70')
  })

  test.each([TEXT.toUpperCase(), '', '*', TEXT.replaceAll('-', ''), `{${TEXT}}`])(
    '%j is the id of no entry',
    (text) => expect(id.toValue(text)).toBeUndefined(),
  )

  test('names the entry in the place of a DN', () => {
    expect(id.nameOf?.(OCTETS)).toBe(`<GUID=${TEXT}>`)
  })
})

describe('activation', () => {
  test.each([
    [['512'], true],
    [['514'], false],
    [['66048'], true],
    [['66050'], false],
    [['546'], false],
    [[], true],
  ])('with userAccountControl %j the account is on: %j', (values, active) => {
    expect(activation.isActive(values)).toBe(active)
  })

  test.each([
    [false, ['512'], '514'],
    [true, ['514'], '512'],
    // DONT_EXPIRE_PASSWORD, SMARTCARD_REQUIRED and NOT_DELEGATED stay.
    [false, ['1376768'], '1376770'],
    [true, ['1376770'], '1376768'],
    [true, ['512'], '512'],
    [false, ['514'], '514'],
    [true, [], '512'],
    [false, [], '514'],
  ])('switched to %j, %j becomes %s', (active, current, expected) => {
    expect(activation.valuesFor(active, current)).toEqual([expected])
  })

  test('is searched for by its bit', () => {
    const disabled = '(userAccountControl:1.2.840.113556.1.4.803:=2)'
    expect(printFilter(activation.filter(false))).toBe(disabled)
    expect(printFilter(activation.filter(true))).toBe(`(!${disabled})`)
  })
})

test('a password is UTF-16LE in quotation marks', () => {
  expect(Buffer.from(password.toValue?.('Zo€') ?? []).toString('hex')).toBe('22005a006f00ac202200')
})

describe('a diagnostic message', () => {
  test.each([
    // Samba 4.17
    ["00002071: samldb: samAccountName 't2' already in use!", 'notUnique', 'sAMAccountName'],
    [
      "0000202F: samldb: userPrincipalName 'T4' is already in use ",
      'notUnique',
      'userPrincipalName',
    ],
    [
      '0000052D: Constraint violation - check_password_restrictions: the password is too short. It should be equal or longer than 7 characters!',
      'passwordPolicy',
      undefined,
    ],
    [
      '0000200D: SINGLE-VALUE attribute title on CN=t2,OU=People,DC=x specified more than once',
      'multipleValues',
      'title',
    ],
    [
      "0000200B: objectclass_attrs: attribute 'telephoneNumber' on entry 'CN=t2,DC=x' contains at least one invalid value!",
      undefined,
      'telephoneNumber',
    ],
    [
      "00002014: objectclass_attrs: attribute 'mail' on entry 'CN=g1,DC=x' does not exist in the specified objectclasses!",
      'notAllowed',
      'mail',
    ],
    ["0000202F: samldb: sAMAccountName ends with '.'", undefined, 'sAMAccountName'],
    // Windows
    [
      '00000524: UpdErr: DSID-031A11E2, problem 6005 (ENTRY_EXISTS), data 0',
      'notUnique',
      'sAMAccountName',
    ],
    [
      '000021C8: AtrErr: DSID-03200EEA, #1:\n\t0: 000021C8: DSID-03200EEA, problem 1005 (CONSTRAINT_ATT_TYPE), data 0, Att 90290 (userPrincipalName)',
      'notUnique',
      'userPrincipalName',
    ],
    [
      '0000052D: SvcErr: DSID-031A124C, problem 5003 (WILL_NOT_PERFORM), data 0',
      'passwordPolicy',
      undefined,
    ],
    [
      '00002082: AtrErr: DSID-03151EA8, #1:\n\t0: 00002082: DSID-03151EA8, problem 1005 (CONSTRAINT_ATT_TYPE), data 0, Att 14 (telephoneNumber):len 140',
      undefined,
      'telephoneNumber',
    ],
    ['00002030: NameErr: DSID-0310028B, problem 2001 (NO_OBJECT), data 0', undefined, undefined],
    ['', undefined, undefined],
  ])('%j blames: %s %s', (text, reason, attribute) => {
    expect(readDiagnostic(text)).toEqual({
      ...(reason !== undefined && { reason }),
      ...(attribute !== undefined && { attribute }),
      ...(text.includes(' already in use') && { quotesValue: true }),
    })
  })

  test.each([
    [80, '00002095: objectclass: Cannot rename cn=a,dc=x, parent does not exist!', 'noSuchObject'],
    [68, 'Attribute member already exists for target GUID badd7a9f', 'attributeOrValueExists'],
    [68, '00000562: UpdErr: DSID-031A11FA, problem 6005 (ENTRY_EXISTS)', 'attributeOrValueExists'],
    [53, "Attribute member doesn't exist for target GUID badd7a9f", 'noSuchAttribute'],
    [53, 'Attribute member already deleted for target GUID badd7a9f', 'noSuchAttribute'],
    [53, '00000561: SvcErr: DSID-031A11FA, problem 5003 (WILL_NOT_PERFORM)', 'noSuchAttribute'],
    [20, '0000200D: SINGLE-VALUE attribute title on CN=t2 specified more', 'constraintViolation'],
    [68, 'Entry CN=T4,DC=x already exists', undefined],
    [20, '00002083: AtrErr: DSID-03151F28, problem 1006 (ATT_OR_VALUE_EXISTS)', undefined],
    [53, '00002035: objectclass_attrs: delete protected attribute', undefined],
  ])('%i %j means %s', (code, text, result) => {
    expect(resultOf(code, text)).toBe(result)
  })
})

describe('the schema, which names no matching rules', () => {
  const type = (name: string, syntax: string) => `( 1.1 NAME '${name}' SYNTAX '${syntax}' )`
  const rulesOf = (syntax: string) => {
    const schema = schemaOf([type('a', syntax)], [])
    return withMatchingRules(schema, matchingRules).attributeType('a')
  }

  test('text is compared without case, and more is equal than we would say', () => {
    expect(rulesOf('1.3.6.1.4.1.1466.115.121.1.15')).toMatchObject({
      equality: 'caseIgnoreMatch',
      substring: 'caseIgnoreSubstringsMatch',
      ordering: undefined,
      coarse: true,
    })
  })

  test('whole numbers, also long ones, are compared as they are', () => {
    for (const syntax of ['1.3.6.1.4.1.1466.115.121.1.27', '1.2.840.113556.1.4.906']) {
      expect(rulesOf(syntax)).toMatchObject({
        equality: 'integerMatch',
        ordering: 'integerOrderingMatch',
      })
    }
  })

  test('of a syntax that nobody knows nothing is known', () => {
    expect(rulesOf('1.2.840.113556.1.4.907')).toMatchObject({ equality: undefined })
  })

  test('rules that are named stay', () => {
    const own = schemaOf(
      ["( 1.1 NAME 'a' EQUALITY caseExactMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 )"],
      [],
    )
    expect(withMatchingRules(own, matchingRules).attributeType('a')).toMatchObject({
      equality: 'caseExactMatch',
      substring: undefined,
    })
  })

  test('what the schema does not have stays unknown', () => {
    expect(withMatchingRules(schemaOf([], []), matchingRules).attributeType('a')).toBeUndefined()
  })
})
