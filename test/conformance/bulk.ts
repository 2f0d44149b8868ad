import { expect, it } from 'vitest'
import { TOKEN } from '../support/gateway.ts'
import type { Answer, Json } from '../support/gateway.ts'
import {
  BULK_REQUEST,
  BULK_RESPONSE,
  ENTERPRISE,
  ERROR,
  filtered,
  freshName,
  groupBody,
  makeGroup,
  makeUser,
  patchOf,
  smallUser,
} from './subject.ts'
import type { Subject, SubjectOf } from './subject.ts'

export function bulk(subjectOf: SubjectOf): void {
  it('adds, changes and removes users in one request (RFC 7644 §3.7.3)', async () => {
    const subject = subjectOf()
    const { gateway } = subject
    const [bob, dave, gone] = await several(subject, 3)
    const alice = smallUser({ displayName: 'Alice' })
    const results = await resultsOf(
      subject,
      [
        post('/Users', 'qwerty', alice),
        {
          method: 'PUT',
          path: `/Users/${bob.id}`,
          version: bob.meta.version,
          data: { ...smallUser(), userName: bob.userName, displayName: 'Bob' },
        },
        {
          method: 'PATCH',
          path: `/Users/${dave.id}`,
          version: dave.meta.version,
          data: patchOf({ op: 'Add', path: 'displayName', value: 'Dave' }),
        },
        { method: 'DELETE', path: `/Users/${gone.id}`, version: gone.meta.version },
      ],
      { failOnErrors: 1 },
    )
    const found = await gateway.get(filtered('/Users', `userName eq "${alice.userName}"`))
    const [made] = found.body.Resources
    const version = async ({ id }: Json) => (await gateway.get(`/Users/${id}`)).body.meta.version
    expect(results).toEqual([
      {
        location: made.meta.location,
        method: 'POST',
        bulkId: 'qwerty',
        version: made.meta.version,
        status: '201',
      },
      {
        location: bob.meta.location,
        method: 'PUT',
        version: await version(bob),
        status: '200',
      },
      {
        location: dave.meta.location,
        method: 'PATCH',
        version: await version(dave),
        status: '200',
      },
      { location: gone.meta.location, method: 'DELETE', status: '204' },
    ])
    for (const [user, displayName] of [
      [alice, 'Alice'],
      [bob, 'Bob'],
      [dave, 'Dave'],
    ]) {
      const entry = await subject.read(subject.userDn({ ...user, displayName }))
      expect(entry?.attributes.displayName).toEqual([displayName])
    }
    expect(await subject.read(subject.userDn(gone))).toBeUndefined()
  })

  it('answers every failure as if it had come alone, and changes nothing', async () => {
    const subject = subjectOf()
    const [taken, bob, dave] = await several(subject, 3)
    const unknown = '01234567-0123-4123-8123-0123456789ab'
    const version = 'W/"3694e05e9dff591"'
    const results = await resultsOf(subject, [
      post('/Users', 'qwerty', smallUser({ userName: taken.userName })),
      post('/Users', 'nothing', {}),
      { method: 'PUT', path: `/Users/${bob.id}`, version, data: smallUser() },
      { method: 'PATCH', path: `/Users/${dave.id}`, version, data: titled('x') },
      { method: 'PATCH', path: `/Users/${dave.id}`, version: 'none', data: titled('x') },
      { method: 'DELETE', path: `/Users/${bob.id}`, version },
      { method: 'DELETE', path: `/Users/${unknown}` },
    ])
    const failed = (status: number, scimType?: string) => ({
      status: `${status}`,
      response: {
        schemas: [ERROR],
        status: `${status}`,
        ...(scimType && { scimType }),
        detail: expect.stringMatching(/./),
      },
    })
    const at = ({ meta }: Json) => ({ location: meta.location })
    expect(results).toEqual([
      { method: 'POST', bulkId: 'qwerty', ...failed(409, 'uniqueness') },
      { method: 'POST', bulkId: 'nothing', ...failed(400, 'invalidValue') },
      { method: 'PUT', ...at(bob), ...failed(412) },
      { method: 'PATCH', ...at(dave), ...failed(412) },
      { method: 'PATCH', ...at(dave), ...failed(400, 'invalidValue') },
      { method: 'DELETE', ...at(bob), ...failed(412) },
      { method: 'DELETE', location: `${subject.gateway.url}/Users/${unknown}`, ...failed(404) },
    ])
    for (const user of [taken, bob, dave]) {
      expect((await subject.gateway.get(`/Users/${user.id}`)).body).toEqual(user)
    }
  })

  it('is on resources of the mapping alone', async () => {
    const subject = subjectOf()
    const [user] = await several(subject, 1)
    const paths = ['/Me', '/Bulk', '/Schemas', '/.search', `/Users/../Users/${user.id}`]
    const results = await resultsOf(
      subject,
      paths.map((path) => ({ method: 'DELETE', path })),
    )
    expect(statusesOf(results)).toEqual(['404', '404', '404', '404', '400'])
    expect((await subject.gateway.get(`/Users/${user.id}`)).status).toBe(200)
  })

  it.each([
    ['before', [0, 1, 2, 3]],
    ['after', [3, 2, 1, 0]],
  ])('finds new users that come %s the members and managers they are', async (_, order) => {
    const subject = subjectOf()
    const existing = await makeGroup(subject)
    const [boss, clerk] = [smallUser(), smallUser({ [ENTERPRISE]: { manager: ref('boss') } })]
    const team = { ...groupBody(freshName('team')), members: [ref('boss'), ref('clerk')] }
    const nested = subject.nests ? [ref('team')] : []
    const operations = [
      post('/Users', 'boss', boss),
      post('/Users', 'clerk', clerk),
      post('/Groups', 'team', team),
      patchGroup(existing, { op: 'add', path: 'members', value: [ref('clerk'), ...nested] }),
    ]
    const results = await resultsOf(
      subject,
      order.map((index) => operations[index]),
    )
    expect(statusesOf(results)).toEqual(order.map((index) => (index === 3 ? '204' : '201')))
    expect(results.map(({ bulkId }) => bulkId)).toEqual(
      order.map((index) => ['boss', 'clerk', 'team', undefined][index]),
    )
    expect(await subject.managerOf(clerk.userName)).toBe(userKey(subject, boss))
    expect(await subject.membersOf(team.displayName)).toEqual(
      [userKey(subject, boss), userKey(subject, clerk)].sort(),
    )
    expect(await subject.membersOf(existing.displayName)).toEqual(
      [...nested.map(() => groupKey(subject, team)), userKey(subject, clerk)].sort(),
    )
  })

  it('takes bulkIds in paths, in filters of paths and in values without a path', async () => {
    const subject = subjectOf()
    const [kept, put, gone] = [smallUser(), smallUser(), smallUser()]
    const group = await makeGroup(subject)
    const results = await resultsOf(subject, [
      post('/Users', 'kept', kept),
      post('/Users', '__proto__', put),
      post('/Users', 'a "b" /c', gone),
      patchGroup(group, { op: 'add', value: { members: [ref('kept'), ref('__proto__')] } }),
      patchGroup(group, { op: 'remove', path: 'members[value eq "bulkId:kept"]' }),
      { method: 'PUT', path: '/Users/bulkId:__proto__', data: { ...put, title: 'put' } },
      { method: 'PATCH', path: '/Users/bulkId%3Akept', data: titled('patched') },
      { method: 'DELETE', path: `/Users/${encodeURIComponent('bulkId:a "b" /c')}` },
    ])
    expect(statusesOf(results)).toEqual(['201', '201', '201', '204', '204', '200', '200', '204'])
    expect(results[5].location).toBe(results[1].location)
    expect(await subject.membersOf(group.displayName)).toEqual([userKey(subject, put)])
    expect(await titleOf(subject, put)).toEqual(['put'])
    expect(await titleOf(subject, kept)).toEqual(['patched'])
    expect(await subject.read(subject.userDn(gone))).toBeUndefined()
  })

  it('resolves two groups that are members of each other (RFC 7644 §3.7.1)', async () => {
    const subject = subjectOf()
    const { gateway } = subject
    const [user] = await several(subject, 1)
    const [a, b] = [groupBody(freshName('Group A'), [user]), groupBody(freshName('Group B'))]
    const results = await resultsOf(subject, [
      post('/Groups', 'qwerty', { ...a, members: [...a.members, ref('ytrewq', 'Group')] }),
      post('/Groups', 'ytrewq', { ...b, members: [ref('qwerty', 'Group')] }),
    ])
    if (!subject.nests) {
      await expectNoneOf(subject, results, [a.displayName, b.displayName])
      return
    }
    expect(statusesOf(results)).toEqual(['201', '201'])
    expect(await subject.membersOf(a.displayName)).toEqual(
      [groupKey(subject, b), userKey(subject, user)].sort(),
    )
    expect(await subject.membersOf(b.displayName)).toEqual([groupKey(subject, a)])
    for (const { location, version } of results) {
      const { body } = await gateway.get(String(location).slice(gateway.url.length))
      expect(body.meta).toMatchObject({ location, version })
    }
  })

  it('resolves managers in a circle, and who is the manager of himself', async () => {
    const subject = subjectOf()
    const managedBy = (bulkId: string) =>
      smallUser({ [ENTERPRISE]: { department: 'Board', manager: ref(bulkId) } })
    const users = [managedBy('1'), managedBy('2'), managedBy('0'), managedBy('3')]
    const results = await resultsOf(
      subject,
      users.map((user, index) => post('/Users', `${index}`, user)),
    )
    expect(statusesOf(results)).toEqual(['201', '201', '201', '201'])
    for (const [index, manager] of [1, 2, 0, 3].entries()) {
      const { userName } = users[index]
      expect(await subject.managerOf(userName)).toBe(userKey(subject, users[manager]))
      const entry = await subject.read(subject.userDn(userName))
      expect(subject.userAttributes(users[index]).departmentNumber).toEqual(
        entry?.attributes.departmentNumber,
      )
    }
  })

  it('leaves nothing of a circle in which one cannot be created', async () => {
    const subject = subjectOf()
    const taken = await makeGroup(subject)
    const [a, b] = [freshName('circle'), freshName('circle')]
    const results = await resultsOf(subject, [
      post('/Groups', 'a', { ...groupBody(a), members: [ref('b')] }),
      post('/Groups', 'b', { ...groupBody(b), members: [ref('taken')] }),
      post('/Groups', 'taken', { ...groupBody(taken.displayName), members: [ref('a')] }),
      post('/Groups', 'after', { ...groupBody(freshName()), members: [ref('a')] }),
    ])
    if (!subject.nests) {
      await expectNoneOf(subject, results, [a, b])
      return
    }
    expect(statusesOf(results)).toEqual(['409', '409', '409', '409'])
    expect(results[2].response.scimType).toBe('uniqueness')
    expect(results[0].response.detail).toContain('bulkId:taken')
    expect(results[3].response.detail).toContain('bulkId:a')
    for (const name of [a, b]) {
      expect(await subject.read(subject.groupDn(name))).toBeUndefined()
    }
    expect((await subject.gateway.get(`/Groups/${taken.id}`)).body).toEqual(taken)
  })

  it('goes on after failures, without what refers to them', async () => {
    const subject = subjectOf()
    const [taken] = await several(subject, 1)
    const [good, team, other] = [smallUser(), freshName('team'), freshName('other')]
    const results = await resultsOf(subject, [
      post('/Users', 'bad', smallUser({ userName: taken.userName })),
      post('/Groups', 'team', { ...groupBody(team), members: [ref('bad'), ref('good')] }),
      post('/Groups', 'other', { ...groupBody(other), members: [ref('nobody')] }),
      post('/Users', 'good', good),
    ])
    expect(statusesOf(results)).toEqual(['409', '409', '400', '201'])
    expect(results[1].response.detail).toContain('bulkId:bad')
    expect(results[1].response.detail).not.toContain('bulkId:good')
    expect(results[2].response).toMatchObject({
      scimType: 'invalidValue',
      detail: expect.stringContaining('bulkId:nobody'),
    })
    expect(await subject.read(subject.groupDn(team))).toBeUndefined()
    expect(await subject.read(subject.groupDn(other))).toBeUndefined()
    expect(await subject.read(subject.userDn(good))).toBeDefined()
  })

  it('stops after as many errors as it is told to; the rest is not answered', async () => {
    const subject = subjectOf()
    const users = Array.from({ length: 6 }, () => smallUser())
    const operations = users.map((user, index) =>
      post('/Users', `${index}`, index === 1 || index === 3 ? {} : user),
    )
    const results = await resultsOf(subject, operations, { failOnErrors: 2 })
    expect(statusesOf(results)).toEqual(['201', '400', '201', '400'])
    for (const [index, { userName }] of users.entries()) {
      const entry = await subject.read(subject.userDn(userName))
      expect(entry !== undefined, `${index}`).toBe(index === 0 || index === 2)
    }
  })

  it('has the outcome of one operation after the other', async () => {
    const subject = subjectOf()
    const [user, gone] = await several(subject, 2)
    const group = await makeGroup(subject)
    const twice = smallUser({ title: 'first' })
    const results = await resultsOf(subject, [
      ...Array.from({ length: 20 }, (_, index) => ({
        method: 'PATCH',
        path: `/Users/${user.id}`,
        data: titled(`${index}`),
      })),
      patchGroup(group, { op: 'add', path: 'members', value: [{ value: gone.id }] }),
      { method: 'DELETE', path: `/Users/${gone.id}` },
      post('/Users', 'again', smallUser({ userName: gone.userName, title: 'again' })),
      post('/Users', 'first', twice),
      post('/Users', 'second', {
        ...twice,
        userName: String(twice.userName).toUpperCase(),
        title: 'x',
      }),
    ])
    expect(statusesOf(results.slice(20))).toEqual(['204', '204', '201', '201', '409'])
    expect(await titleOf(subject, user)).toEqual(['19'])
    expect(await titleOf(subject, gone)).toEqual(['again'])
    expect(await titleOf(subject, twice)).toEqual(['first'])
    await expect.poll(() => subject.membersOf(group.displayName)).toEqual([])
  })

  it('makes 200 users and a group of them all', async () => {
    const subject = subjectOf()
    const users = Array.from({ length: 200 }, () => smallUser())
    const name = freshName('all')
    const all = { ...groupBody(name), members: users.map((_, index) => ref(`${index}`)) }
    const results = await resultsOf(subject, [
      post('/Groups', 'all', all),
      ...users.map((user, index) => post('/Users', `${index}`, user)),
    ])
    expect(new Set(statusesOf(results))).toEqual(new Set(['201']))
    expect(results.map(({ bulkId }) => bulkId)).toEqual(['all', ...users.map((_, i) => `${i}`)])
    expect(await subject.membersOf(name)).toEqual(
      users.map((user) => userKey(subject, user)).sort(),
    )
  })

  it('survives a chain of 60 groups', async () => {
    const subject = subjectOf()
    const names = Array.from({ length: 60 }, () => freshName('chain'))
    const results = await resultsOf(
      subject,
      names.map((name, index) =>
        post('/Groups', `${index}`, {
          ...groupBody(name),
          ...(index + 1 < names.length && { members: [ref(`${index + 1}`)] }),
        }),
      ),
    )
    if (!subject.nests) {
      await expectNoneOf(subject, results.slice(0, -1), names.slice(0, -1))
      return
    }
    expect(new Set(statusesOf(results))).toEqual(new Set(['201']))
    const [first = '', second = ''] = names
    expect(await subject.membersOf(first)).toEqual([subject.normalDn(subject.groupDn(second))])
  })

  it('ends before the next operation when the client hangs up', async () => {
    const subject = subjectOf()
    const { gateway } = subject
    const [user] = await several(subject, 1)
    const SIZE = 1000
    const before = gateway.log.length
    const abort = new AbortController()
    const body = request(
      Array.from({ length: SIZE }, (_, index) => ({
        method: 'PATCH',
        path: `/Users/${user.id}`,
        data: titled(`${index}`),
      })),
    )
    const answer = fetch(`${gateway.url}/Bulk`, {
      method: 'POST',
      headers: { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/scim+json' },
      body: JSON.stringify(body),
      signal: abort.signal,
    })
    await expect.poll(() => titleOf(subject, user), { interval: 5 }).toBeDefined()
    abort.abort()
    await expect(answer).rejects.toThrow()
    const line = () => gateway.log.slice(before).find(({ route }) => route === '/Bulk')
    await expect.poll(line).toMatchObject({ status: 499, bulkOperations: SIZE })
    await new Promise((resolve) => setTimeout(resolve, 100))
    const [last] = (await titleOf(subject, user)) ?? []
    expect(Number(last)).toBeLessThan(SIZE - 1)
    await new Promise((resolve) => setTimeout(resolve, 100))
    expect(await titleOf(subject, user)).toEqual([last])
    expect(gateway.log.slice(before).filter(({ level }) => level >= 50)).toEqual([])
  })
}

function request(operations: readonly Json[], more: Json = {}): Json {
  return { schemas: [BULK_REQUEST], ...more, Operations: operations }
}

async function resultsOf(
  { gateway }: Subject,
  operations: readonly Json[],
  more?: Json,
): Promise<readonly Json[]> {
  const answer: Answer = await gateway.post('/Bulk', request(operations, more))
  expect(answer).toMatchObject({ status: 200, body: { schemas: [BULK_RESPONSE] } })
  return answer.body.Operations
}

function statusesOf(results: readonly Json[]): readonly string[] {
  return results.map(({ status }) => status as string)
}

function post(path: string, bulkId: string, data: Json): Json {
  return { method: 'POST', path, bulkId, data }
}

function patchGroup({ id }: Json, ...operations: readonly Json[]): Json {
  return { method: 'PATCH', path: `/Groups/${id}`, data: patchOf(...operations) }
}

function titled(title: string): Json {
  return patchOf({ op: 'replace', path: 'title', value: title })
}

function ref(bulkId: string, type?: string): Json {
  return { ...(type && { type }), value: `bulkId:${bulkId}` }
}

async function several(subject: Subject, count: number): Promise<readonly Json[]> {
  return Promise.all(Array.from({ length: count }, () => makeUser(subject)))
}

async function titleOf(
  subject: Subject,
  { userName }: Json,
): Promise<readonly string[] | undefined> {
  return (await subject.read(subject.userDn(userName)))?.attributes.title
}

function userKey(subject: Subject, { userName }: Json): string {
  return subject.normalDn(subject.userDn(userName))
}

function groupKey(subject: Subject, { displayName }: Json): string {
  return subject.normalDn(subject.groupDn(displayName))
}

/** That groups in groups are refused, and that nothing of them is there. */
async function expectNoneOf(
  subject: Subject,
  results: readonly Json[],
  names: readonly string[],
): Promise<void> {
  for (const status of statusesOf(results)) expect(status).toMatch(/^4/)
  for (const name of names) expect(await subject.read(subject.groupDn(name))).toBeUndefined()
}
