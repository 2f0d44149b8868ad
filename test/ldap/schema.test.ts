import { expect, test } from 'vitest'
import { parseDescription } from '../../src/ldap/description.ts'
import { schemaOf } from '../../src/ldap/schema.ts'

const TYPES = [
  "( 2.5.4.41 NAME 'name' DESC 'RFC4519: (a) $ \\27' EQUALITY caseIgnoreMatch SUBSTR caseIgnoreSubstringsMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.15{32768} )",
  "( 2.5.4.3 NAME ( 'cn' 'commonName' ) SUP name X-ORIGIN 'RFC 4519' X-LIST ( 'a' 'b' ) )",
  "(2.5.4.4 NAME ('sn' 'surname') SUP NAME EQUALITY caseExactMatch)",
  "( 2.5.18.1 NAME 'createTimestamp' EQUALITY generalizedTimeMatch ORDERING generalizedTimeOrderingMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.24 SINGLE-VALUE NO-USER-MODIFICATION USAGE directoryOperation )",
  "( 1.3.6.1.4.1.42.2.27.8.1.17 NAME 'pwdAccountLockedTime' SYNTAX 1.3.6.1.4.1.1466.115.121.1.24 SINGLE-VALUE USAGE directoryOperation )",
  "( 1.2.840.113556.1.4.221 NAME 'sAMAccountName' SYNTAX '1.3.6.1.4.1.1466.115.121.1.15' SINGLE-VALUE )",
  "( 9.9.1 NAME 'loopA' SUP loopB )",
  "( 9.9.2 NAME 'loopB' SUP loopA )",
  "( 9.9.3 NAME 'orphan' SUP nobody )",
  "( 9.9.4 NAME 'broken",
]
const CLASSES = [
  "( 2.5.6.0 NAME 'top' ABSTRACT MUST objectClass )",
  "( 2.5.6.6 NAME 'person' DESC 'RFC2256: a person' SUP top STRUCTURAL MUST ( sn $ cn ) MAY ( userPassword $ telephoneNumber ) )",
  "( 1.3.6.1.4.1.1466.344 NAME 'dcObject' SUP top AUXILIARY MUST dc )",
  "( 9.8.1 NAME 'many' SUP ( person$dcObject ) )",
]
const schema = schemaOf(TYPES, CLASSES)

test('a subtype has the rules and the syntax of its supertype', () => {
  expect(schema.attributeType('cn')).toEqual({
    oid: '2.5.4.3',
    names: ['cn', 'commonName'],
    equality: 'caseIgnoreMatch',
    ordering: undefined,
    substring: 'caseIgnoreSubstringsMatch',
    syntax: '1.3.6.1.4.1.1466.115.121.1.15',
    singleValue: false,
    readOnly: false,
  })
})

test('what a subtype says of itself stays', () => {
  expect(schema.attributeType('sn')).toMatchObject({
    equality: 'caseExactMatch',
    substring: 'caseIgnoreSubstringsMatch',
  })
})

test('names and OIDs are found in any case, options set aside', () => {
  for (const name of ['CommonName', '2.5.4.3', 'CN;lang-de', 'cn;binary']) {
    expect(schema.attributeType(name)?.oid).toBe('2.5.4.3')
  }
  expect(schema.objectClass('PERSON')?.oid).toBe('2.5.6.6')
  expect(schema.objectClass('2.5.6.6')?.names).toEqual(['person'])
  expect(schema.attributeType('__proto__')).toBeUndefined()
})

test('only NO-USER-MODIFICATION makes an attribute read-only', () => {
  expect(schema.attributeType('createTimestamp')).toMatchObject({
    readOnly: true,
    singleValue: true,
  })
  expect(schema.attributeType('pwdAccountLockedTime')).toMatchObject({ readOnly: false })
})

test('a syntax in quotes, as Active Directory writes it, is the same', () => {
  expect(schema.attributeType('samaccountname')?.syntax).toBe('1.3.6.1.4.1.1466.115.121.1.15')
})

test('supertypes that go round in circles or are missing end the inheritance', () => {
  expect(schema.attributeType('loopA')?.equality).toBeUndefined()
  expect(schema.attributeType('orphan')?.syntax).toBeUndefined()
})

test('a description that cannot be read is unknown, the others are not', () => {
  expect(schema.attributeType('broken')).toBeUndefined()
  expect(() => parseDescription(TYPES.at(-1) ?? '')).toThrow(SyntaxError)
})

test('object classes have a kind, superiors, and what must and may be there', () => {
  expect(schema.objectClass('person')).toEqual({
    oid: '2.5.6.6',
    names: ['person'],
    superiors: ['top'],
    kind: 'structural',
    must: ['sn', 'cn'],
    may: ['userPassword', 'telephoneNumber'],
  })
  expect(schema.objectClass('top')).toMatchObject({
    kind: 'abstract',
    superiors: [],
    must: ['objectClass'],
  })
  expect(schema.objectClass('dcObject')).toMatchObject({ kind: 'auxiliary', must: ['dc'] })
  expect(schema.objectClass('many')).toMatchObject({
    kind: 'structural',
    superiors: ['person', 'dcObject'],
  })
})
