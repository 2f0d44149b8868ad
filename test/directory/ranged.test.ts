import { describe, expect, test } from 'vitest'
import { withWholeAttributes } from '../../src/directory/ranged.ts'
import { parseDn } from '../../src/ldap/dn.ts'
import type { Entry } from '../../src/ldap/entry.ts'
import { entryOf } from '../../src/ldap/entry.ts'
import type { Search } from '../../src/ldap/operation.ts'

const DN = parseDn('cn=staff,dc=example')
const names = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, index) => `cn=${from + index}`)

/** A server that holds `total` members and returns at most `most` of them at once. */
function serverWith(total: number, most: number) {
  const asked: string[] = []
  const search = ({ attributes: [attribute = ''] }: Search) => {
    asked.push(attribute)
    const start = Number(/range=(\d+)-/.exec(attribute)?.[1])
    const last = Math.min(start + most, total) - 1
    const end = last === total - 1 ? '*' : last
    const entry = entryOf(DN, [[`member;range=${start}-${end}`, names(start, last)]])
    return Promise.resolve({ entries: start < total ? [entry] : [], complete: true })
  }
  return { asked, search }
}

const group = (range: string, members: readonly string[]): Entry =>
  entryOf(DN, [
    ['cn', ['staff']],
    [`member;Range=${range}`, members],
  ])

describe('an attribute that came in parts', () => {
  test('is completed, part by part', async () => {
    const { asked, search } = serverWith(3700, 1500)
    const [entry] = await withWholeAttributes([group('0-1499', names(0, 1499))], search)
    expect(entry?.attributes.get('member')).toEqual(names(0, 3699))
    expect([...(entry?.attributes.keys() ?? [])]).toEqual(['cn', 'member'])
    expect(asked).toEqual(['member;range=1500-*', 'member;range=3000-*'])
  })

  test('is whole where the part is the last one', async () => {
    const { asked, search } = serverWith(2, 1500)
    const [entry] = await withWholeAttributes([group('0-*', names(0, 1))], search)
    expect(entry?.attributes.get('member')).toEqual(names(0, 1))
    expect(asked).toEqual([])
  })

  test('has each value once, though it may have moved from part to part', async () => {
    const rest = entryOf(DN, [['member;range=2-*', ['cn=1', 'cn=2']]])
    const search = () => Promise.resolve({ entries: [rest], complete: true })
    const [entry] = await withWholeAttributes([group('0-1', names(0, 1))], search)
    expect(entry?.attributes.get('member')).toEqual(names(0, 2))
  })

  test('ends where the entry is gone meanwhile', async () => {
    const { search } = serverWith(2, 2)
    const [entry] = await withWholeAttributes([group('0-1', names(0, 1))], search)
    expect(entry?.attributes.get('member')).toEqual(names(0, 1))
  })
})

test('entries without such attributes are asked for nothing', async () => {
  const { asked, search } = serverWith(0, 1)
  const entries = [entryOf(DN, [['member', ['cn=a']]])]
  expect(await withWholeAttributes(entries, search)).toBe(entries)
  expect(asked).toEqual([])
})
