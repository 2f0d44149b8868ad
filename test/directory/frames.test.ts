import { expect, test } from 'vitest'
import { Frames } from '../../src/directory/frames.ts'
import { randomFrom } from '../support/random.ts'
import { entry, result, TAG } from './fake-server.ts'

const MESSAGES = [
  result(1, TAG.bindResponse),
  entry(2, 'cn=a', { cn: ['x'.repeat(200)] }),
  entry(3, 'cn=b', { cn: ['y'.repeat(3_000)] }),
  result(3, TAG.searchDone, 32, 'not there'),
]
const STREAM = Buffer.concat(MESSAGES)
const WHOLE = MESSAGES.map((message) => message.toString('hex'))

function framesOf(chunks: readonly Buffer[]): string[] {
  const frames = new Frames(1_000_000)
  return chunks.flatMap((chunk) => [...frames.push(chunk)]).map((frame) => frame.toString('hex'))
}

test('messages come out whole where the stream is cut anywhere once', () => {
  for (let at = 0; at <= STREAM.length; at++) {
    expect(framesOf([STREAM.subarray(0, at), STREAM.subarray(at)])).toEqual(WHOLE)
  }
})

test('messages come out whole where every byte arrives alone', () => {
  const chunks = Array.from(STREAM, (_, at) => STREAM.subarray(at, at + 1))
  expect(framesOf(chunks)).toEqual(WHOLE)
})

test('messages come out whole in random pieces', () => {
  const random = randomFrom(11)
  for (let round = 0; round < 200; round++) {
    const chunks: Buffer[] = []
    for (let at = 0; at < STREAM.length;) {
      const size = random(4) === 0 ? random(2_000) : random(9)
      chunks.push(STREAM.subarray(at, at + size))
      at += size
    }
    expect(framesOf(chunks)).toEqual(WHOLE)
  }
})

test('what waits for its rest is counted', () => {
  const frames = new Frames(1_000)
  expect([...frames.push(STREAM.subarray(0, 20))]).toEqual([MESSAGES[0]])
  expect(frames.waiting).toBe(20 - (MESSAGES[0]?.length ?? 0))
})

test('a large message in small pieces takes time linear in its size', () => {
  const large = entry(1, 'cn=a', { member: Array(4_000).fill('x'.repeat(2_000)) })
  const started = performance.now()
  const chunks: Buffer[] = []
  for (let at = 0; at < large.length; at += 100) chunks.push(large.subarray(at, at + 100))
  const frames = new Frames(large.length)
  expect(chunks.flatMap((chunk) => [...frames.push(chunk)])).toHaveLength(1)
  // Joining what is there with each piece would copy 300 GB.
  expect(performance.now() - started).toBeLessThan(2_000)
})

test.each([
  ['another tag', [0x31, 0x00], 'begins with 0x31'],
  ['an indefinite length', [0x30, 0x80], 'length'],
  ['a length of five octets', [0x30, 0x85], 'length'],
  ['more than is allowed', [0x30, 0x84, 0xff, 0xff, 0xff, 0xff], '4294967301 bytes'],
])('%s is refused as soon as it is seen', (_, header, message) => {
  expect(() => framesOf([Buffer.from(header)])).toThrow(message)
})

test('messages before a broken one still come out', () => {
  const frames = new Frames(1_000)
  const stream = frames.push(Buffer.concat([result(1, TAG.bindResponse), Buffer.from('HTTP')]))
  expect(stream.next().value).toEqual(result(1, TAG.bindResponse))
  expect(() => stream.next()).toThrow('begins with 0x48')
})
