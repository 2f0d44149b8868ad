import { BerWriter } from 'ldapts'
import { describe, expect, test } from 'vitest'
import type { Answer } from '../../src/directory/decode.ts'
import { decodeMessage, decodeValue, pageCookie, readControls } from '../../src/directory/decode.ts'
import { CONTROLS } from '../../src/ldap/control.ts'
import { parseDn } from '../../src/ldap/dn.ts'
import { randomFrom } from '../support/random.ts'
import { entry, message, result, TAG } from './fake-server.ts'

function withControl(id: number, tag: number, oid: string, value: Buffer): Buffer {
  return message(id, (writer) => {
    writer.startSequence(tag)
    writer.writeEnumeration(0)
    writer.writeString('')
    writer.writeString('')
    writer.endSequence()
    writer.startSequence(0xa0)
    writer.startSequence()
    writer.writeString(oid)
    writer.writeBoolean(true)
    writer.writeBuffer(value, 0x04)
    writer.endSequence()
    writer.endSequence()
  })
}

function resultOf(answer: Answer) {
  if (answer.kind !== 'result') throw new Error(`expected a result, got ${answer.kind}`)
  return answer.result
}

test('a value is text exactly where its octets are UTF-8', () => {
  expect(decodeValue(Buffer.from('Zoë'))).toBe('Zoë')
  expect(decodeValue(Buffer.from('\ufeffBOM'))).toBe('\ufeffBOM')
  expect(decodeValue(Buffer.from([0xff, 0x00]))).toEqual(Uint8Array.of(0xff, 0x00))
  expect(decodeValue(Buffer.from([0xed, 0xa0, 0x80]))).toBeInstanceOf(Uint8Array)
})

test('a value of bytes does not hold its message in memory', () => {
  const whole = Buffer.alloc(1_000_000, 0xff)
  const value = decodeValue(whole.subarray(0, 16)) as Uint8Array
  expect(value.buffer.byteLength).toBe(16)
})

test('an entry has its attributes by name in lower case, those without values left out', () => {
  const answer = decodeMessage(
    entry(5, 'cn=a\\2Cb,dc=x', { givenName: ['A', 'B'], photo: [Buffer.from([255])], empty: [] }),
  )
  expect(answer).toEqual({
    kind: 'entry',
    id: 5,
    entry: {
      dn: parseDn('cn=a\\2Cb,dc=x'),
      attributes: new Map<string, unknown>([
        ['givenname', ['A', 'B']],
        ['photo', [Uint8Array.of(255)]],
      ]),
    },
  })
})

describe('what a dereference control tells of thousands of values', () => {
  /** An entry with the control, which tells the uid of each member. */
  const group = (count: number, damage: (octets: Buffer) => void = () => {}) => {
    const value = new BerWriter()
    value.startSequence()
    for (let index = 0; index < count; index++) {
      value.startSequence()
      value.writeString('member')
      value.writeString(`uid=user${index},ou=people,dc=example`)
      value.startSequence(0xa0)
      value.startSequence()
      value.writeString('uid')
      value.startSequence(0x31)
      value.writeString(`user${index}`)
      value.endSequence()
      value.endSequence()
      value.endSequence()
      value.endSequence()
    }
    value.endSequence()
    const octets = Buffer.from(value.buffer)
    damage(octets)
    const writer = new BerWriter()
    writer.startSequence()
    writer.writeInt(1)
    writer.startSequence(TAG.searchEntry)
    writer.writeString('cn=a')
    writer.startSequence()
    writer.endSequence()
    writer.endSequence()
    writer.startSequence(0xa0)
    writer.startSequence()
    writer.writeString(CONTROLS.dereference)
    writer.writeBuffer(octets, 0x04)
    writer.endSequence()
    writer.endSequence()
    writer.endSequence()
    const answer = decodeMessage(writer.buffer)
    if (answer.kind !== 'entry' || answer.entry instanceof SyntaxError) throw new Error('no entry')
    return answer.entry.dereferenced?.get('member') ?? []
  }

  test.each([10, 10_000])('is the same each time one goes through it: %i', (count) => {
    const told = group(count)
    const expected = Array.from({ length: count }, (_, index) => ({
      dn: `uid=user${index},ou=people,dc=example`,
      attributes: new Map([['uid', [`user${index}`]]]),
    }))
    expect([...told]).toEqual(expected)
    expect([...told]).toEqual(expected)
  })

  test('fails there where it is malformed', () => {
    const told = group(10_000, (octets) => {
      octets[octets.indexOf('uid=user7777,') - 2] = 0x02
    })[Symbol.iterator]()
    for (let index = 0; index < 7777; index++) expect(told.next().done).toBe(false)
    expect(() => told.next()).toThrow('the server sent a malformed control')
  })
})

test('an entry whose name is no DN fails alone', () => {
  const answer = decodeMessage(entry(5, 'no dn'))
  expect(answer).toMatchObject({ kind: 'entry', id: 5 })
  expect(answer.kind === 'entry' && answer.entry).toBeInstanceOf(SyntaxError)
})

test('a result has its code, diagnostic and matched DN', () => {
  expect(resultOf(decodeMessage(result(7, TAG.searchDone, 32, 'gone')))).toMatchObject({
    code: 32,
    diagnostic: 'gone',
    matchedDn: '',
    tag: TAG.searchDone,
  })
})

test.each([0x30, 0x64])('a read control holds an entry, with tag %i', (tag) => {
  const value = new BerWriter()
  value.startSequence(tag)
  value.writeString('cn=a')
  value.startSequence()
  value.startSequence()
  value.writeString('entryUUID')
  value.startSequence(0x31)
  value.writeString('1-2')
  value.endSequence()
  value.endSequence()
  value.endSequence()
  value.endSequence()
  const answer = decodeMessage(withControl(1, TAG.modifyResponse, CONTROLS.postRead, value.buffer))
  expect(readControls(resultOf(answer))).toEqual({
    after: { dn: parseDn('cn=a'), attributes: new Map([['entryuuid', ['1-2']]]) },
  })
})

test('the cookie of the last page is empty and is none', () => {
  const paged = (cookie: string) => {
    const value = new BerWriter()
    value.startSequence()
    value.writeInt(0)
    value.writeString(cookie)
    value.endSequence()
    return resultOf(
      decodeMessage(withControl(1, TAG.searchDone, CONTROLS.pagedResults, value.buffer)),
    )
  }
  expect(pageCookie(paged('next'))).toEqual(Buffer.from('next'))
  expect(pageCookie(paged(''))).toBeUndefined()
  expect(pageCookie(resultOf(decodeMessage(result(1, TAG.searchDone))))).toBeUndefined()
})

test.each([
  ['nothing', Buffer.alloc(0)],
  ['an unknown operation', message(1, (writer) => writer.writeString('', 0x7e))],
  ['a request', message(1, (writer) => writer.writeString('', TAG.search))],
  ['no operation', message(1, () => {})],
  ['an id that is no integer', Buffer.from([0x30, 0x02, 0x04, 0x00])],
  ['an id of five octets', Buffer.from([0x30, 0x07, 0x02, 0x05, 1, 1, 1, 1, 1])],
  ['a result without a code', message(1, (writer) => writer.writeString('', TAG.searchDone))],
  ['a negative length', Buffer.from([0x30, 0x84, 0xff, 0xff, 0xff, 0xf0, 0x02, 0x01, 0x01])],
])('%s is refused', (_, octets) => expect(() => decodeMessage(octets)).toThrow())

test('a length that leads back to where it stands ends in a refusal', () => {
  // An attribute "a" whose set holds a value of -6 octets, which ends where it began.
  const attribute = Buffer.from('300c0401613107' + '0484fffffffa00', 'hex')
  const octets = message(1, (writer) => {
    writer.startSequence(TAG.searchEntry)
    writer.writeString('cn=a')
    writer.writeBuffer(attribute, 0x30)
    writer.endSequence()
  })
  expect(() => decodeMessage(octets)).toThrow('an element is cut off')
})

test('damaged messages are refused or read, and always at once', () => {
  const random = randomFrom(5)
  const sound = [
    entry(1, 'cn=a,dc=x', { cn: ['a', 'b'], sn: ['c'] }),
    result(2, TAG.searchDone, 32, 'gone'),
    withControl(3, TAG.modifyResponse, CONTROLS.postRead, Buffer.from('30020400', 'hex')),
  ]
  const started = performance.now()
  let refused = 0
  for (let round = 0; round < 30_000; round++) {
    const octets = Buffer.from(sound[round % sound.length] ?? '')
    for (let hits = 1 + random(3); hits > 0; hits--) octets[random(octets.length)] = random(256)
    try {
      decodeMessage(octets.subarray(0, random(4) === 0 ? random(octets.length) : undefined))
    } catch {
      refused++
    }
  }
  expect(refused).toBeGreaterThan(10_000)
  expect(performance.now() - started).toBeLessThan(10_000)
})
