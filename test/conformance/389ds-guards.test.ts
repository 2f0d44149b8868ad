import { afterAll, beforeAll, expect, it } from 'vitest'
import { loadMapping } from '../../src/config/load.ts'
import { startDs389 } from '../../src/demo/ds389.ts'
import type { RunningDs389 } from '../../src/demo/ds389.ts'
import type { LiveDirectory } from '../../src/directory/client.ts'
import { createDirectory } from '../../src/directory/client.ts'
import type { Gateway, Request } from '../../src/gateway/gateway.ts'
import { NO_BREAKER } from '../../src/gateway/breaker.ts'
import { createGateway } from '../../src/gateway/gateway.ts'
import type { Directory } from '../../src/ldap/directory.ts'
import { childOf, parseDn, printDn } from '../../src/ldap/dn.ts'
import { SILENT } from '../../src/ldap/log.ts'
import { TOLERANT } from '../../src/scim/client-quirks.ts'
import { newPassword } from '../../src/password.ts'
import { createSeal } from '../../src/seal.ts'
import { describeDs389 } from '../support/here.ts'
import type { Json } from '../support/gateway.ts'
import { DS389_MAPPING } from '../support/gateway.ts'
import { ldapmodify } from '../support/ldapmodify.ts'
import { ldapread, ldapsearch } from '../support/ldapsearch.ts'
import { freshName, groupBody, patchOf, smallUser } from './subject.ts'

type Verb = 'add' | 'modify' | 'rename' | 'delete'

// What happens between reading and writing where the server has no assertion control.
describeDs389('389 Directory Server, others being faster', () => {
  let server: RunningDs389
  let directory: LiveDirectory
  let gateway: Gateway
  /** Done once, before the next write of this kind. */
  let interruption: { readonly verb: Verb; readonly act: () => Promise<unknown> } | undefined
  let operations = 0

  beforeAll(async () => {
    server = await startDs389()
    const { serviceDn: dn, servicePassword: password, url, ca } = server
    directory = createDirectory({
      urls: [url],
      tls: { ca },
      bind: { kind: 'simple', dn, password },
    })
    gateway = createGateway({
      audit: () => {},
      rules: loadMapping(DS389_MAPPING, server.suffix),
      directory: interruptible(directory),
      seal: createSeal(undefined, 60),
      lookThrough: 10_000,
      bulk: { maxOperations: 1000, maxPayloadSize: 1_000_000 },
      now: () => performance.now(),
      newPassword,
      breaker: () => NO_BREAKER,
    })
  })
  afterAll(async () => {
    directory.close()
    await server.stop()
  })

  function interruptible(real: Directory): Directory {
    const before =
      <Operation, Result>(verb: Verb, run: (operation: Operation) => Promise<Result>) =>
      async (operation: Operation) => {
        const { act } = interruption?.verb === verb ? interruption : {}
        if (act !== undefined) interruption = undefined
        await act?.()
        return run(operation)
      }
    return {
      ...real,
      add: before('add', real.add),
      modify: before('modify', real.modify),
      rename: before('rename', real.rename),
      delete: before('delete', real.delete),
    }
  }

  function request(): Request {
    return {
      ...{ baseUrl: 'http://x', client: 'tests', tolerance: TOLERANT, log: SILENT },
      signal: AbortSignal.timeout(20_000),
      requestId: 'request',
      refused: () => {},
      observe: () => () => {
        operations++
      },
    }
  }

  const userDn = (uid: string) =>
    childOf(parseDn(`ou=people,${server.suffix}`), [{ type: 'uid', value: uid }])
  const groupDn = (cn: string) =>
    childOf(parseDn(`ou=groups,${server.suffix}`), [{ type: 'cn', value: cn }])
  const read = async (filter: string) => (await ldapsearch(server, { filter }))[0]?.attributes

  async function makeUser(more: Json = {}): Promise<Json> {
    const { resource } = await gateway.create(request(), '/Users', smallUser(more), {
      projection: {},
    })
    return resource
  }

  const patch = (path: '/Users' | '/Groups', id: string, operation: Json, ifMatch?: string) =>
    gateway.patch(request(), path, id, patchOf(operation), {
      projection: {},
      ...(ifMatch !== undefined && { ifMatch }),
    })

  /** Gives the DN of a user to somebody else. */
  function takeName(userName: string, renamed: string): () => Promise<void> {
    return async () => {
      await directory.rename({ dn: userDn(userName), rdn: [{ type: 'uid', value: renamed }] })
      await directory.add({
        dn: userDn(userName),
        attributes: [
          { name: 'objectClass', values: ['inetOrgPerson'] },
          { name: 'uid', values: [userName] },
          { name: 'cn', values: ['Somebody Else'] },
          { name: 'sn', values: ['Else'] },
          { name: 'userPassword', values: ['their good password'] },
        ],
      })
    }
  }

  it('a PATCH reaches the user that was meant, whoever has the DN by then', async () => {
    const { id, userName } = await makeUser()
    const renamed = freshName('renamed')
    interruption = { verb: 'modify', act: takeName(userName, renamed) }
    const answer = await patch('/Users', id, { op: 'add', path: 'title', value: 'mine' })
    expect(answer).toMatchObject({ id, userName: renamed, title: 'mine' })
    expect(await read(`(uid=${renamed})`)).toMatchObject({ title: ['mine'] })
    expect(await read(`(uid=${userName})`)).not.toHaveProperty('title')
  })

  it('a rename does, too', async () => {
    const { id, userName } = await makeUser()
    const [renamed, wanted] = [freshName('renamed'), freshName('wanted')]
    interruption = { verb: 'rename', act: takeName(userName, renamed) }
    const operation = { op: 'replace', path: 'userName', value: wanted }
    expect(await patch('/Users', id, operation)).toMatchObject({ id, userName: wanted })
    expect(await read(`(uid=${wanted})`)).toMatchObject({ sn: ['Small'] })
    expect(await read(`(uid=${userName})`)).toMatchObject({ sn: ['Else'] })
    expect(await read(`(uid=${renamed})`)).toBeUndefined()
  })

  it('a DELETE does, and who was deleted instead is back, but for id and password', async () => {
    const { id, userName } = await makeUser()
    const renamed = freshName('renamed')
    let theirs: Json
    interruption = {
      verb: 'delete',
      act: async () => {
        await takeName(userName, renamed)()
        theirs = await read(`(uid=${userName})`)
      },
    }
    await gateway.remove(request(), '/Users', id, {})
    expect(await read(`(uid=${renamed})`)).toBeUndefined()
    const { objectClass, ...rest } = (await read(`(uid=${userName})`)) ?? {}
    const { objectClass: classes, userPassword: _, ...expected } = theirs
    expect(rest).toEqual(expected)
    expect([...(objectClass ?? [])].sort()).toEqual([...classes].sort())
  })

  it('a member comes into the group that was meant', async () => {
    const user = await makeUser()
    const name = freshName('group')
    const { resource: group } = await gateway.create(request(), '/Groups', groupBody(name), {
      projection: {},
    })
    const renamed = freshName('renamed')
    interruption = {
      verb: 'modify',
      act: async () => {
        await directory.rename({ dn: groupDn(name), rdn: [{ type: 'cn', value: renamed }] })
        const objectClass = { name: 'objectClass', values: ['groupOfNames'] }
        await directory.add({ dn: groupDn(name), attributes: [objectClass] })
      },
    }
    await patch('/Groups', group.id as string, {
      op: 'add',
      path: 'members',
      value: [{ value: user.id }],
    })
    expect((await read(`(cn=${renamed})`))?.member).toHaveLength(1)
    expect(await read(`(cn=${name})`)).not.toHaveProperty('member')
  })

  it.each([
    ['title', 'title'],
    ['displayName', 'displayName'],
  ])('a first value of %s is the only one, though another came before it', async (path, ldap) => {
    const { id, userName } = await makeUser()
    const changes = [{ kind: 'add', attribute: ldap, values: ['theirs'] }] as const
    interruption = {
      verb: 'modify',
      act: () => directory.modify({ dn: userDn(userName), changes }),
    }
    const answer = await patch('/Users', id, { op: 'add', path, value: 'mine' })
    expect(answer).toMatchObject({ [path]: 'mine' })
    expect((await read(`(uid=${userName})`))?.[ldap]).toEqual(['mine'])
  })

  it.each([
    ['a value that was not there', 'displayName', 'theirs'],
    ['another value of the same attribute', 'title', 'theirs'],
    ['the end of the account', 'nsAccountLock', 'true'],
  ])(
    'If-Match is 412 where %s came after the reading, and nothing stays',
    async (_, ldap, value) => {
      const { id, userName, meta } = await makeUser({ title: 'old', preferredLanguage: 'de' })
      const changes = [{ kind: 'replace', attribute: ldap, values: [value] }] as const
      interruption = {
        verb: 'modify',
        act: () => directory.modify({ dn: userDn(userName), changes }),
      }
      const operation = { op: 'replace', path: 'preferredLanguage', value: 'en' }
      await expect(patch('/Users', id, operation, meta.version)).rejects.toMatchObject({
        status: 412,
      })
      const entry = await ldapread(server, `uid=${userName},ou=people,${server.suffix}`, [
        'preferredLanguage',
        ldap,
      ])
      expect(entry?.attributes).toEqual({ preferredLanguage: ['de'], [ldap]: [value] })
    },
  )

  it('a group with members that dangle is read by one operation', async () => {
    const user = await makeUser()
    const body = groupBody(freshName('group'), [user])
    const { resource: group } = await gateway.create(request(), '/Groups', body, { projection: {} })
    const dangling = Array.from({ length: 3 }, () => printDn(userDn(freshName('dangling'))))
    await directory.modify({
      dn: groupDn(body.displayName),
      changes: [{ kind: 'add', attribute: 'member', values: dangling }],
    })
    operations = 0
    const { members } = await gateway.get(request(), '/Groups', group.id as string, {})
    expect(members).toMatchObject([{ value: user.id }])
    expect(operations).toBe(1)
  })

  it('who is in already, and who is not, costs as much for many as for one', async () => {
    const users = await Promise.all(Array.from({ length: 40 }, () => makeUser()))
    const value = users.map(({ id }) => ({ value: id as string }))
    const body = groupBody(freshName('group'), users.slice(0, 39))
    const { resource: group } = await gateway.create(request(), '/Groups', body, { projection: {} })
    const cost = async (op: 'add' | 'remove', some: Json) => {
      operations = 0
      await patch('/Groups', group.id as string, { op, path: 'members', value: some })
      return operations
    }
    expect(await cost('add', value.slice(0, 1))).toBe(4)
    expect(await cost('add', value.slice(0, 39))).toBe(5)
    expect(await cost('remove', value.slice(39))).toBe(4)
    expect(await cost('add', value)).toBeLessThanOrEqual(7)
    expect(await cost('remove', value)).toBe(2)
    expect(await cost('remove', value)).toBe(4)
  })

  it('what the service account may not do is 500, a rename too, which the server refuses in no words', async () => {
    const { id } = await makeUser()
    const taken =
      'aci: (targetattr="title || uid")(version 3.0; acl "no"; deny (write) userdn="ldap:///all";)'
    const base = `dn: ou=people,${server.suffix}\nchangetype: modify\n`
    await ldapmodify(server, `${base}add: aci\n${taken}\n\n`)
    try {
      for (const path of ['title', 'userName']) {
        const operation = { op: 'replace', path, value: freshName('new') }
        await expect(patch('/Users', id, operation)).rejects.toMatchObject({
          status: 500,
          message: 'the directory does not let this gateway do that',
        })
      }
    } finally {
      await ldapmodify(server, `${base}delete: aci\n${taken}\n\n`)
    }
  })
})
