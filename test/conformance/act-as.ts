import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { RunningDirectory } from '../../src/demo/directory.ts'
import type { Answer, Json, TestGateway } from '../support/gateway.ts'
import { startGateway, tokenOptions } from '../support/gateway.ts'
import { ldapmodify } from '../support/ldapmodify.ts'
import { ldapread, ldapsearch } from '../support/ldapsearch.ts'
import { filtered, groupBody, freshName, patchOf, smallUser } from './subject.ts'

/** A directory in which somebody may act for others. */
export interface ActingSubject {
  readonly mapping: string
  start(): Promise<RunningDirectory>
  /**
   * LDIF that lets the service account act for all but `cn=stranger`, gives all rights below the
   * suffix to `cn=writer`, and hides what has the title or description "secret" from `cn=narrow`; whoever binds
   * may read everything else.
   */
  accessLdif(server: RunningDirectory): string
  /** Whom the server notes as who made and changed an entry. */
  readonly notes: 'identity' | 'account'
  /** What comes of acting for somebody for whom the account may not. */
  readonly stranger: { readonly actAs: string; readonly result: string }
}

const NAMES = ['reader', 'writer', 'narrow'] as const

/** Clients whose rights are those of somebody else in the directory (RFC 4370). */
export function actsForClients({
  mapping,
  start,
  accessLdif,
  notes,
  stranger,
}: ActingSubject): void {
  let server: RunningDirectory
  let gateway: TestGateway

  const dn = (name: string) => `cn=${name},${server.suffix}`
  const userDn = (userName: string) => `uid=${userName},ou=people,${server.suffix}`

  beforeAll(async () => {
    server = await start()
    const people = [...NAMES, 'stranger'].map(
      (name) =>
        `dn: ${dn(name)}\nchangetype: add\nobjectClass: organizationalRole\n` +
        `objectClass: simpleSecurityObject\ncn: ${name}\nuserPassword: ${name} of the tests\n\n`,
    )
    await ldapmodify(server, people.join('') + accessLdif(server))
    gateway = await startGateway(server, {
      mapping,
      clients: [
        ...NAMES.map((name) => ({ name, tokens: [tokenOptions(name)], actAs: `dn:${dn(name)}` })),
        { name: 'stranger', tokens: [tokenOptions('stranger')], actAs: stranger.actAs },
      ],
    })
  })
  afterAll(async () => {
    await gateway.stop()
    await server.stop()
  })

  /** A request of the client of that name. */
  function by(client: string, method: string, path: string, body?: unknown): Promise<Answer> {
    return gateway.request(method, path, body, { authorization: `Bearer ${client}` })
  }

  async function make(more: Json = {}): Promise<Json> {
    const answer = await gateway.post('/Users', smallUser(more))
    expect(answer).toMatchObject({ status: 201 })
    return answer.body
  }

  const refused = {
    status: 403,
    body: { detail: 'the directory does not let this client do that' },
  }

  test('what one does not see of the account’s own groups guards them from the others', async () => {
    // It has not seen any group yet.
    const fresh = await startGateway(server, {
      mapping,
      clients: [{ name: 'narrow', tokens: [tokenOptions('narrow')], actAs: `dn:${dn('narrow')}` }],
    })
    try {
      const user = await make()
      const cn = freshName('rulers')
      const lines = [`dn: cn=${cn},ou=groups,${server.suffix}`, 'changetype: add']
      const more = ['objectClass: groupOfNames', `cn: ${cn}`, 'description: secret']
      const ldif = [...lines, ...more, `member: ${server.serviceDn}`, ''].join('\n')
      await ldapmodify(server, ldif)
      const found = await gateway.get(filtered('/Groups', `displayName eq "${cn}"`))
      const other = await gateway.post('/Groups', groupBody(freshName('group'), [user]))
      const join = patchOf({ op: 'add', path: 'members', value: [{ value: user.id }] })
      const asNarrow = { authorization: 'Bearer narrow' }
      await fresh.patch(`/Groups/${other.body.id}`, join, asNarrow)
      const joined = await fresh.patch(`/Groups/${found.body.Resources[0].id}`, join)
      expect(joined.status).toBe(403)
      expect(fresh.log.filter(({ stream }) => stream === 'audit').at(-1)).toMatchObject({
        refused: 'protectedGroup',
      })
      const acted = fresh.log.find(
        ({ stream, client }) => stream === 'audit' && client === 'narrow',
      )
      expect(acted?.actAs).toBe(`dn:${dn('narrow')}`)
    } finally {
      await fresh.stop()
    }
  })

  test('one with the rights of a reader reads, and can write nothing', async () => {
    const user = await make({ title: 'Clerk' })
    const group = await gateway.post('/Groups', groupBody(freshName('group'), [user]))
    expect(await by('reader', 'GET', `/Users/${user.id}`)).toMatchObject({
      status: 200,
      body: { title: 'Clerk' },
    })
    const change = patchOf({ op: 'replace', path: 'title', value: 'Head' })
    const leave = patchOf({ op: 'remove', path: `members[value eq "${user.id}"]` })
    const body = smallUser()
    for (const answer of [
      await by('reader', 'POST', '/Users', body),
      await by('reader', 'PATCH', `/Users/${user.id}`, change),
      await by('reader', 'PUT', `/Users/${user.id}`, { ...user, title: 'Head' }),
      await by('reader', 'PUT', `/Users/${user.id}`, { ...user, userName: freshName() }),
      await by('reader', 'PATCH', `/Groups/${group.body.id}`, leave),
      await by('reader', 'DELETE', `/Users/${user.id}`),
    ]) {
      expect(answer).toMatchObject(refused)
    }
    const entry = await ldapread(server, userDn(user.userName as string))
    expect(entry?.attributes.title).toEqual(['Clerk'])
    expect(await ldapread(server, userDn(body.userName as string))).toBeUndefined()
    const line = gateway.log.find(({ msg, client }) => msg === 'the directory refused' && client)
    expect(line).toMatchObject({
      client: 'reader',
      actAs: `dn:${dn('reader')}`,
      result: 'insufficientAccessRights',
    })
  })

  test('one with the rights of a writer writes, password included', async () => {
    const made = await by('writer', 'POST', '/Users', smallUser({ password: 'correct horse' }))
    expect(made).toMatchObject({ status: 201 })
    const userName = made.body.userName as string
    const change = patchOf({ op: 'replace', path: 'title', value: 'Head' })
    expect(await by('writer', 'PATCH', `/Users/${made.body.id}`, change)).toMatchObject({
      status: 200,
    })
    const entry = await ldapread(server, userDn(userName), ['modifiersName', 'creatorsName'])
    expect(entry?.attributes).toMatchObject({
      modifiersName: [notes === 'identity' ? dn('writer') : server.serviceDn],
      creatorsName: [notes === 'identity' ? dn('writer') : server.serviceDn],
    })
    const asUser = { ...server, adminDn: userDn(userName), adminPassword: 'correct horse' }
    expect(await ldapsearch(asUser, { base: userDn(userName), scope: 'base' })).toHaveLength(1)
    expect(await by('writer', 'DELETE', `/Users/${made.body.id}`)).toMatchObject({ status: 204 })
  })

  describe('what is kept for one', () => {
    let secret: Json
    const names = (answer: Answer) => (answer.body.Resources as Json[]).map((one) => one.id)

    beforeAll(async () => {
      for (let index = 0; index < 4; index++) await make()
      secret = await make({ title: 'secret' })
    })

    test('is not shown to another: a resource that it may not see does not exist', async () => {
      expect(await by('reader', 'GET', `/Users/${secret.id}`)).toMatchObject({ status: 200 })
      expect(await by('narrow', 'GET', `/Users/${secret.id}`)).toMatchObject({ status: 404 })
      const filter = filtered('/Users', `userName eq "${secret.userName}"`)
      expect(names(await by('reader', 'GET', filter))).toEqual([secret.id])
      expect(names(await by('narrow', 'GET', filter))).toEqual([])
    })

    test('is not shown to another: lists that are asked for at once, and their pages', async () => {
      const clients = ['reader', 'narrow', 'reader', 'narrow', 'tests'] as const
      const token = (client: string) => (client === 'tests' ? 'the-token-of-the-tests' : client)
      const walk = async (client: string) => {
        const ids: string[] = []
        for (let start = 1; ;) {
          const page = await by(token(client), 'GET', `/Users?count=2&startIndex=${start}`)
          ids.push(...names(page))
          start += 2
          if (start > page.body.totalResults)
            return { ids, total: page.body.totalResults as number }
        }
      }
      const walks = await Promise.all(clients.map(walk))
      const total = walks[4]?.total ?? 0
      for (const [index, { ids, total: told }] of walks.entries()) {
        const sees = clients[index] !== 'narrow'
        expect(ids.includes(secret.id as string)).toBe(sees)
        expect([told, ids.length]).toEqual(sees ? [total, total] : [total - 1, total - 1])
      }
    })

    test('is not shown to another: its cursors are of no use', async () => {
      const first = await by('reader', 'GET', '/Users?count=2&cursor=')
      const next = `/Users?count=2&cursor=${encodeURIComponent(first.body.nextCursor as string)}`
      expect(await by('reader', 'GET', next)).toMatchObject({ status: 200 })
      expect(await by('narrow', 'GET', next)).toMatchObject({
        status: 400,
        body: { scimType: 'invalidCursor' },
      })
    })
  })

  test('one for whom nobody may act is told so, the log at the start and with each request', async () => {
    const lines = gateway.log.filter(({ client }) => client === 'stranger')
    expect(lines[0]).toMatchObject({
      msg: 'the directory lets nobody act for this client',
      actAs: stranger.actAs,
      result: stranger.result,
    })
    expect(await by('stranger', 'GET', '/Users?count=1')).toMatchObject({
      status: 500,
      body: { detail: 'the directory does not let this gateway act for this client' },
    })
    expect(gateway.log.filter(({ msg }) => msg === 'the directory refused').at(-1)).toMatchObject({
      client: 'stranger',
      actAs: stranger.actAs,
      result: stranger.result,
    })
    expect((await fetch(`${gateway.adminUrl}/readyz`)).status).toBe(200)
  })
}
