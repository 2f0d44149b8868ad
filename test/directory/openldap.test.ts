import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import type { RunningOpenLdap } from '../../src/demo/openldap.ts'
import type { LiveDirectory } from '../../src/directory/client.ts'
import { createDirectory } from '../../src/directory/client.ts'
import type { DirectoryOptions } from '../../src/directory/options.ts'
import type { Dn } from '../../src/ldap/dn.ts'
import { childOf, parseDn, printDn } from '../../src/ldap/dn.ts'
import { firstText, textsOf, valuesOf } from '../../src/ldap/entry.ts'
import type { Filter } from '../../src/ldap/filter.ts'
import { and, equal, FALSE, not, present, TRUE } from '../../src/ldap/filter.ts'
import type { Search } from '../../src/ldap/operation.ts'
import { LdapError } from '../../src/ldap/result.ts'
import type { Value } from '../../src/ldap/value.ts'
import { startOpenLdap } from '../support/openldap.ts'
import { startProxy } from '../support/proxy.ts'

let server: RunningOpenLdap
let directory: LiveDirectory
let people: Dn
let groups: Dn

const stops: (() => unknown)[] = []

beforeAll(async () => {
  server = await startOpenLdap()
  people = parseDn(`ou=people,${server.suffix}`)
  groups = parseDn(`ou=groups,${server.suffix}`)
  directory = createDirectory(optionsAt(server.url))
})
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop()
})
afterAll(async () => {
  directory.close()
  await server.stop()
})

function optionsAt(url: string, more: Partial<DirectoryOptions> = {}): DirectoryOptions {
  const { ca, serviceDn: dn, servicePassword: password } = server
  return { urls: [url], tls: { ca }, bind: { kind: 'simple', dn, password }, ...more }
}

function another(options: DirectoryOptions): LiveDirectory {
  const other = createDirectory(options)
  stops.push(other.close)
  return other
}

function personNamed(uid: string): Dn {
  return childOf(people, [{ type: 'uid', value: uid }])
}

/** Adds a person, with the values given, who is gone after the test. */
async function addPerson(uid: string, more: Record<string, readonly Value[]> = {}): Promise<Dn> {
  const dn = personNamed(uid)
  const attributes = { objectClass: ['inetOrgPerson'], cn: [uid.trim()], sn: ['Test'], ...more }
  await directory.add({
    dn,
    attributes: Object.entries(attributes).map(([name, values]) => ({ name, values })),
  })
  stops.push(() => directory.delete({ dn }).catch(() => {}))
  return dn
}

async function read(dn: Dn, ...attributes: string[]) {
  const { entries } = await directory.search({ base: dn, scope: 'base', filter: TRUE, attributes })
  return entries[0] ?? { dn, attributes: new Map<string, readonly Value[]>() }
}

function below(base: Dn, filter: Filter, attributes: readonly string[] = ['uid']): Search {
  return { base, scope: 'subtree', filter, attributes }
}

describe('TLS', () => {
  test('from the first byte and by StartTLS is verified and works', async () => {
    await expect(directory.server()).resolves.toMatchObject({ namingContexts: [server.suffix] })
    const started = another(optionsAt(server.plainUrl, { startTls: true }))
    await expect(started.server()).resolves.toMatchObject({ namingContexts: [server.suffix] })
  })

  test.each(['ldaps', 'StartTLS'])('with an unknown CA is refused by %s', async (how) => {
    const url = how === 'ldaps' ? server.url : server.plainUrl
    const options = { startTls: true, tls: {}, connectTimeoutMs: 400 }
    await expect(another(optionsAt(url, options)).server()).rejects.toMatchObject({
      name: 'UnavailableError',
      sent: false,
      message: expect.stringMatching(
        /localhost:\d+: the certificate is not trusted; set tls\.ca/,
      ) as string,
    })
  })

  test.each(['ldaps', 'StartTLS'])('for another host is refused by %s', async (how) => {
    const url = how === 'ldaps' ? server.url : server.plainUrl
    const tls = { ca: server.ca, servername: 'dc1.example.com' }
    const options = { startTls: true, tls, connectTimeoutMs: 400 }
    await expect(another(optionsAt(url, options)).server()).rejects.toMatchObject({
      sent: false,
      message: expect.stringMatching(
        /the certificate is for another host .*dc1\.example\.com/,
      ) as string,
    })
  })

  test('is checked against the address where the URL has one', async () => {
    const url = server.url.replace('localhost', '127.0.0.1')
    await expect(another(optionsAt(url)).server()).resolves.toBeDefined()
  })

  test('without verification is possible for who says so', async () => {
    const tls = { allowUnverified: true }
    await expect(another(optionsAt(server.url, { tls })).server()).resolves.toBeDefined()
  })

  test('is not what a plain port speaks', async () => {
    const url = server.plainUrl.replace('ldap:', 'ldaps:')
    const options = optionsAt(url, { connectTimeoutMs: 400 })
    await expect(another(options).server()).rejects.toMatchObject({ sent: false })
  })
})

test('a wrong password is the server’s refusal', async () => {
  const bind = { kind: 'simple', dn: server.serviceDn, password: 'wrong' } as const
  await expect(another({ ...optionsAt(server.url), bind }).server()).rejects.toMatchObject({
    sent: false,
    message: expect.stringContaining('bind: invalidCredentials (49)') as string,
    cause: { cause: { result: 'invalidCredentials' } },
  })
})

test('the server tells its controls and its schema', async () => {
  const { controls, extensions, features, schema, vendor } = await directory.server()
  expect([...controls].sort()).toEqual(
    [
      ...['assertion', 'dereference', 'pagedResults', 'postRead', 'preRead'],
      'proxiedAuthorization',
    ].sort(),
  )
  expect([...extensions].sort()).toEqual(['passwordModify', 'startTls'])
  expect([...features]).toEqual(['modifyIncrement'])
  expect(vendor).toBeUndefined()
  expect(schema.attributeType('commonName')).toMatchObject({
    equality: 'caseIgnoreMatch',
    substring: 'caseIgnoreSubstringsMatch',
    ordering: undefined,
  })
  expect(schema.attributeType('entryUUID')).toMatchObject({ readOnly: true })
  expect(schema.objectClass('inetOrgPerson')?.superiors).toEqual(['organizationalPerson'])
})

describe('controls', () => {
  test('a post-read returns what an add made, a pre-read what a delete took', async () => {
    const dn = personNamed('read')
    const attributes = [
      { name: 'objectClass', values: ['inetOrgPerson'] },
      { name: 'cn', values: ['Reed'] },
      { name: 'sn', values: ['R'] },
      { name: 'title', values: [] },
    ]
    const { after: added } = await directory.add({ dn, attributes, postRead: ['cn', 'entryUUID'] })
    expect(added && textsOf(added, 'CN')).toEqual(['Reed'])
    expect(added && firstText(added, 'entryUUID')).toMatch(/^[0-9a-f-]{36}$/)
    const { before: deleted } = await directory.delete({ dn, preRead: ['entryUUID'] })
    expect(deleted && firstText(deleted, 'entryUUID')).toBe(added && firstText(added, 'entryUUID'))
  })

  test('a modify returns the state before it and after it, as it was asked, or nothing', async () => {
    const dn = await addPerson('both', { title: ['old'] })
    const changes = [{ kind: 'replace', attribute: 'title', values: ['new'] }] as const
    const reads = { preRead: ['title'], postRead: ['title'] }
    const { before, after } = await directory.modify({ dn, changes, ...reads })
    expect(before && textsOf(before, 'title')).toEqual(['old'])
    expect(after && textsOf(after, 'title')).toEqual(['new'])
    await expect(directory.modify({ dn, changes })).resolves.toEqual({})
  })

  test('an increment adds to an integer, and the post-read tells the sum', async () => {
    const dn = await addPerson('counter', {
      objectClass: ['inetOrgPerson', 'extensibleObject'],
      uidNumber: ['10000'],
    })
    const by = (sum: number) => ({ increment: { attribute: 'uidNumber', by: sum } })
    const modify = { dn, changes: [], postRead: ['uidNumber'] }
    const { after } = await directory.modify({ ...modify, ...by(5) })
    expect(after && textsOf(after, 'uidNumber')).toEqual(['10005'])
    const title = { kind: 'add', attribute: 'title', values: ['new'] } as const
    await directory.modify({ dn, changes: [title], ...by(-1) })
    expect(textsOf(await read(dn, 'uidNumber'), 'uidNumber')).toEqual(['10004'])
    expect(textsOf(await read(dn, 'title'), 'title')).toEqual(['new'])
    await expect(
      directory.modify({ dn, changes: [], increment: { attribute: 'gidNumber', by: 1 } }),
    ).rejects.toMatchObject({ result: 'noSuchAttribute' })
  })

  test('an assertion that does not hold stops modify, rename and delete (122)', async () => {
    const dn = await addPerson('asserted', { title: ['a'] })
    const wrong = equal('title', 'b')
    const refusal = { code: 122, result: 'assertionFailed' }
    const changes = [{ kind: 'add', attribute: 'title', values: ['c'] }] as const
    const rdn = [{ type: 'uid', value: 'renamed' }]
    await expect(directory.modify({ dn, changes, assertion: wrong })).rejects.toMatchObject(refusal)
    await expect(directory.rename({ dn, rdn, assertion: wrong })).rejects.toMatchObject(refusal)
    await expect(directory.delete({ dn, assertion: wrong })).rejects.toMatchObject(refusal)
    await expect(directory.delete({ dn, assertion: FALSE })).rejects.toMatchObject(refusal)
    await directory.modify({ dn, changes, assertion: and([equal('title', 'a'), present('sn')]) })
    expect(textsOf(await read(dn, 'title'), 'title')).toEqual(['a', 'c'])
  })

  test('a permissive modify may add what is there', async () => {
    const dn = await addPerson('permissive', { title: ['a'] })
    const changes = [{ kind: 'add', attribute: 'title', values: ['a', 'b'] }] as const
    await expect(directory.modify({ dn, changes })).rejects.toMatchObject({ code: 20 })
    await directory.modify({ dn, changes, permissive: true })
    expect(textsOf(await read(dn, 'title'), 'title')).toEqual(['a', 'b'])
  })

  test('dereferenced entries stay with the entry that names them', async () => {
    const [a, b] = [await addPerson('deref-a'), await addPerson('deref-b')]
    const members: Record<string, readonly string[]> = {
      one: [printDn(a)],
      two: [printDn(a), printDn(b), 'cn=nobody,o=elsewhere'],
      none: ['cn=nobody,o=elsewhere'],
    }
    for (const [name, values] of Object.entries(members)) {
      const dn = childOf(groups, [{ type: 'cn', value: `deref-${name}` }])
      await directory.add({
        dn,
        attributes: [
          { name: 'objectClass', values: ['groupOfNames'] },
          { name: 'member', values },
        ],
      })
      stops.push(() => directory.delete({ dn }))
    }
    const dereference = [{ attribute: 'member', attributes: ['uid', 'entryUUID'] }]
    const filter: Filter = { kind: 'substrings', attribute: 'cn', initial: 'deref-', any: [] }
    const { entries } = await directory.search({ ...below(groups, filter, ['cn']), dereference })
    const found = new Map(
      entries.map((entry) => [
        firstText(entry, 'cn'),
        [...(entry.dereferenced?.get('member') ?? [])].map((each) => firstText(each, 'uid')),
      ]),
    )
    expect(found.get('deref-one')).toEqual(['deref-a'])
    expect(found.get('deref-two')).toEqual(['deref-a', 'deref-b', undefined])
    expect(found.get('deref-none')).toEqual([undefined])
  })
})

describe('a search', () => {
  test('for a base that is not there rejects with the code and the matched DN', async () => {
    const search = below(personNamed('nobody'), TRUE)
    const refusal: unknown = await directory.search(search).catch((error: unknown) => error)
    expect(refusal).toBeInstanceOf(LdapError)
    expect(refusal).toMatchObject({ code: 32, matchedDn: printDn(people), operation: 'search' })
  })

  test('for nothing finds nothing, for truth everything', async () => {
    await addPerson('truth')
    const inside = { base: people, scope: 'one', attributes: [] } as const
    expect((await directory.search({ ...inside, filter: FALSE })).entries).toEqual([])
    const { entries } = await directory.search({ ...inside, filter: TRUE })
    expect(entries.map(({ dn }) => printDn(dn))).toEqual([printDn(personNamed('truth'))])
    expect(entries[0]?.attributes.size).toBe(0)
  })

  test('for bytes and for special characters finds them', async () => {
    const photo = Uint8Array.of(0xff, 0xd8, 0x00, 0x2a)
    await addPerson('bytes', { jpegPhoto: [photo], title: ['a*(b)\\c'] })
    const find = async (filter: Filter) =>
      (await directory.search(below(people, filter))).entries.map((entry) =>
        firstText(entry, 'uid'),
      )
    expect(await find(equal('title', 'a*(b)\\c'))).toEqual(['bytes'])
    expect(await find(equal('title', 'a*'))).toEqual([])
    expect(
      await find({ kind: 'substrings', attribute: 'title', any: ['*('], final: '\\c' }),
    ).toEqual(['bytes'])
    expect(
      await find({
        kind: 'extensible',
        attribute: 'title',
        rule: 'caseExactMatch',
        value: 'A*(b)\\c',
      }),
    ).toEqual([])
    expect(await find(and([equal('uid', 'bytes'), not(equal('title', 'x'))]))).toEqual(['bytes'])
    const entry = await read(personNamed('bytes'), 'jpegPhoto')
    expect(valuesOf(entry, 'jpegPhoto')).toEqual([photo])
  })

  test('is cut at its size limit', async () => {
    for (let index = 0; index < 3; index++) await addPerson(`limit${index}`)
    const result = await directory.search({ ...below(people, present('uid')), sizeLimit: 2 })
    expect([result.entries.length, result.complete]).toEqual([2, false])
  })

  test('in pages finds every entry once', async () => {
    const uids = Array.from({ length: 25 }, (_, index) => `page${String(index).padStart(2, '0')}`)
    await Promise.all(uids.map((uid) => addPerson(uid)))
    const sizes: number[] = []
    const found: (string | undefined)[] = []
    for await (const page of directory.pages(below(people, present('uid')), 10)) {
      sizes.push(page.length)
      found.push(...page.map((entry) => firstText(entry, 'uid')))
    }
    expect(sizes).toEqual([10, 10, 5])
    expect(found.sort()).toEqual(uids)
  })

  test('in pages may be left early, and others walk beside it', async () => {
    await Promise.all(Array.from({ length: 10 }, (_, index) => addPerson(`left${index}`)))
    const search = below(people, present('uid'))
    const walks = Array.from({ length: 6 }, async () => {
      for await (const page of directory.pages(search, 3)) return page.length
      return 0
    })
    expect(await Promise.all(walks)).toEqual([3, 3, 3, 3, 3, 3])
    let entries = 0
    for await (const page of directory.pages(search, 4)) entries += page.length
    expect(entries).toBe(10)
  })
})

describe('names with special characters', () => {
  const NAMES = [
    'a,b',
    'a+b',
    'a"b',
    'a\\b',
    'a\\',
    'a\\,b',
    'a<b>',
    'a;b',
    'a=b',
    '#a',
    ' a',
    'a ',
    ' ',
    'a\nb',
    'Zoë 語 😀',
    'a/b',
    "o'neil",
    'a  b',
  ]

  test.each(NAMES)('%j is added, found, renamed, moved and deleted', async (name) => {
    const dn = await addPerson(name, { cn: ['x'] })
    const entry = await read(dn, 'uid')
    expect(entry.dn.rdns[0]).toEqual([{ type: 'uid', value: name }])
    const rdn = [{ type: 'uid', value: `${name}-renamed,+"` }]
    const renamed = await directory.rename({ dn, rdn, preRead: ['uid'], postRead: ['uid'] })
    expect(renamed.before && textsOf(renamed.before, 'uid')).toEqual([name])
    expect(renamed.after && textsOf(renamed.after, 'uid')).toEqual([`${name}-renamed,+"`])
    const { after: back } = await directory.rename({
      dn: childOf(people, rdn),
      rdn: [{ type: 'uid', value: name }],
      superior: groups,
      postRead: ['uid'],
    })
    expect(back?.dn.rdns.slice(1)).toEqual(groups.rdns)
    await directory.delete({ dn: childOf(groups, [{ type: 'uid', value: name }]) })
    await expect(directory.search(below(dn, TRUE))).rejects.toMatchObject({ code: 32 })
  })
})

test('a password is set through the extended operation, so that one can bind with it', async () => {
  const dn = await addPerson('password')
  await directory.modifyPassword({ dn, newPassword: 'correct hörse' })
  const bind = { kind: 'simple', dn: printDn(dn), password: 'correct hörse' } as const
  await expect(another({ ...optionsAt(server.url), bind }).server()).resolves.toBeDefined()
  await expect(directory.modifyPassword({ dn, newPassword: 'x' })).rejects.toMatchObject({
    operation: 'password modify',
    code: 19,
  })
})

test('many operations at once over few connections all end as they should', async () => {
  const pool = another(optionsAt(server.url, { poolSize: 2, maxPendingPerConnection: 50 }))
  const uids = Array.from({ length: 200 }, (_, index) => `many${index}`)
  await Promise.all(uids.map((uid) => addPerson(uid)))
  const names = await Promise.all(
    uids.map(async (uid) => {
      const dn = personNamed(uid)
      const changes = [{ kind: 'replace', attribute: 'title', values: [uid] }] as const
      const { after } = await pool.modify({ dn, changes, postRead: ['title'] })
      const { entries } = await pool.search(below(dn, TRUE, ['title']))
      return [after && firstText(after, 'title'), entries[0] && firstText(entries[0], 'title')]
    }),
  )
  expect(names).toEqual(uids.map((uid) => [uid, uid]))
})

test('a large group comes whole', async () => {
  const dn = childOf(groups, [{ type: 'cn', value: 'large' }])
  const values = Array.from({ length: 20_000 }, (_, index) => `uid=member${index},o=elsewhere`)
  const attributes = [
    { name: 'objectClass', values: ['groupOfNames'] },
    { name: 'member', values },
  ]
  await directory.add({ dn, attributes })
  stops.push(() => directory.delete({ dn }))
  expect(textsOf(await read(dn, 'member'), 'member').toSorted()).toEqual(values.toSorted())
})

describe('over a bad line', () => {
  async function proxied(more: Partial<DirectoryOptions> = {}) {
    const proxy = await startProxy(server.url)
    stops.push(proxy.stop)
    const url = `ldaps://localhost:${proxy.port}`
    return { proxy, pool: another(optionsAt(url, { poolSize: 1, ...more })) }
  }

  test('a server that hangs costs a time-out, and the connection goes on afterwards', async () => {
    const { proxy, pool } = await proxied({ operationTimeoutMs: 200 })
    await pool.server()
    proxy.freeze()
    const dn = await addPerson('frozen')
    await expect(pool.delete({ dn })).rejects.toMatchObject({
      name: 'UnavailableError',
      sent: true,
    })
    proxy.flow()
    await expect(pool.search(below(people, FALSE))).resolves.toMatchObject({ complete: true })
    expect(proxy.connections).toBe(1)
  })

  test('a server that hangs can be left by a signal', async () => {
    const { proxy, pool } = await proxied()
    await pool.server()
    proxy.freeze()
    const search = pool.search(below(people, TRUE), { signal: AbortSignal.timeout(50) })
    await expect(search).rejects.toMatchObject({ name: 'TimeoutError' })
    const pages = pool.pages(below(people, TRUE), 10, { signal: AbortSignal.timeout(50) })
    await expect(pages[Symbol.asyncIterator]().next()).rejects.toMatchObject({
      name: 'TimeoutError',
    })
  })

  test('a cut connection fails a write as sent; afterwards everything works', async () => {
    const { proxy, pool } = await proxied()
    await pool.server()
    const dn = await addPerson('cut')
    proxy.freeze()
    const write = pool.delete({ dn })
    const refusal = expect(write).rejects.toMatchObject({ name: 'UnavailableError', sent: true })
    await vi.waitFor(() => expect(read(dn, 'uid')).rejects.toMatchObject({ code: 32 }))
    proxy.cut()
    await refusal
    proxy.flow()
    await expect(pool.search(below(people, FALSE))).resolves.toMatchObject({ complete: true })
    await vi.waitFor(() => expect(pool.ready()).toBe(true))
  })

  test('a cut connection is invisible to reads', async () => {
    const { proxy, pool } = await proxied()
    await pool.server()
    for (let round = 0; round < 3; round++) {
      const searches = Array.from({ length: 10 }, () => pool.search(below(people, FALSE)))
      proxy.cut()
      await expect(Promise.all(searches)).resolves.toHaveLength(10)
    }
  })

  test('a paged search ends with its connection, for its cookie does not outlive it', async () => {
    const { proxy, pool } = await proxied()
    await Promise.all(Array.from({ length: 5 }, (_, index) => addPerson(`cookie${index}`)))
    const walk = async () => {
      for await (const page of pool.pages(below(people, present('uid')), 2)) {
        expect(page).toHaveLength(2)
        proxy.cut()
      }
    }
    await expect(walk()).rejects.toMatchObject({ name: 'UnavailableError' })
  })
})

test('a server that is stopped and started again is found again', async () => {
  const adminPassword = 'secret-secret'
  const servicePassword = 'service-secret'
  const passwords = { adminPassword, servicePassword }
  const first = await startOpenLdap(passwords)
  const port = Number(new URL(first.url).port)
  const pool = another({
    urls: [first.url],
    // The one that comes back has a certificate of another authority.
    tls: { allowUnverified: true },
    bind: { kind: 'simple', dn: first.serviceDn, password: servicePassword },
    connectTimeoutMs: 500,
  })
  await pool.server()
  await first.stop()
  await vi.waitFor(() => expect(pool.ready()).toBe(false))
  await expect(pool.search(below(people, TRUE))).rejects.toMatchObject({ sent: false })
  const second = await startOpenLdap({ ...passwords, port })
  stops.push(second.stop)
  await vi.waitFor(() => expect(pool.ready()).toBe(true), 10_000)
  await expect(pool.search(below(people, FALSE))).resolves.toMatchObject({ complete: true })
})
