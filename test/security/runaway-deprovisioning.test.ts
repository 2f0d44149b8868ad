import { createHash } from 'node:crypto'
import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { Subject } from '../conformance/subject.ts'
import { groupBody, idsOf, makeGroup, makeUser, patchOf } from '../conformance/subject.ts'
import type { Json, TestGateway } from '../support/gateway.ts'
import { bulkOf, expectForbidden, onEveryDirectory } from './grounds.ts'

const OPEN = /until its operator has looked and reset the breaker/
const LIMITS = { windowMinutes: 60, deletes: 3, disables: 3, memberRemovals: 6 }

// A client that lost its mind, or its data: what it takes away is stopped before it is much.
onEveryDirectory((subjectOf) => {
  let subject: Subject
  let gateway: TestGateway

  beforeAll(() => {
    subject = subjectOf()
  })
  const begin = async (limits: Json = {}) =>
    (gateway = await subject.anotherGateway({ breaker: { ...LIMITS, ...limits } }))
  const users = (count: number): Promise<readonly Json[]> =>
    Promise.all(Array.from({ length: count }, () => makeUser(subject)))
  const disable = ({ id }: Json) =>
    gateway.patch(`/Users/${id}`, patchOf({ op: 'replace', path: 'active', value: false }))
  const removing = (members: readonly Json[]) =>
    patchOf({ op: 'remove', path: 'members', value: members.map(({ id }) => ({ value: id })) })
  const breaker = async (kind: string) => {
    const answer = await fetch(`${gateway.adminUrl}/breakers`)
    const { breakers } = (await answer.json()) as Json
    return (breakers as readonly Json[]).find((one) => one.kind === kind)
  }
  const reset = (kind: string) =>
    fetch(`${gateway.adminUrl}/breakers/%2Fscim%2Fv2/tests/${kind}/reset`, { method: 'POST' })

  describe('deletes', () => {
    it('are refused beyond the limit, until somebody resets; other writes pass', async () => {
      await begin()
      const all = await users(6)
      for (const { id } of all.slice(0, 3)) {
        expect((await gateway.delete(`/Users/${id}`)).status).toBe(204)
      }
      const [fourth, fifth] = all.slice(3)
      expectForbidden(await gateway.delete(`/Users/${fourth.id}`), OPEN)
      expectForbidden(await gateway.delete(`/Users/${fifth.id}`), OPEN)
      expect((await gateway.get(`/Users/${fourth.id}`)).status).toBe(200)
      expect((await disable(fifth)).status).toBe(200)
      const alarm = gateway.log.find(({ msg }) => String(msg).startsWith('ALARM'))
      expect(alarm).toMatchObject({ level: 50, client: 'tests', kind: 'deletes', limit: 3 })
      expect(await breaker('deletes')).toMatchObject({ open: true, count: 3, limit: 3 })
      const metrics = await (await fetch(`${gateway.adminUrl}/metrics`)).text()
      const labels = 'endpoint="/scim/v2",client="tests",kind="deletes"'
      expect(metrics).toContain(`scim2ldap_breaker_open{${labels}} 1`)
      expect(metrics).toMatch(
        /refusals_total\{endpoint="\/scim\/v2",client="tests",reason="massChange"\} 2/,
      )
      const ready = await fetch(`${gateway.adminUrl}/readyz?verbose`)
      expect(ready.status).toBe(200)
      expect(await ready.json()).toMatchObject({
        status: 'ready',
        breakers: expect.arrayContaining([
          expect.objectContaining({ kind: 'deletes', open: true }),
        ]),
      })
      expect((await reset('deletes')).status).toBe(204)
      expect(await breaker('deletes')).toMatchObject({ open: false, count: 0 })
      expect((await gateway.delete(`/Users/${fourth.id}`)).status).toBe(204)
    })

    it('in a bulk request stop in its midst', async () => {
      await begin()
      const all = await users(6)
      const { body } = await gateway.post(
        '/Bulk',
        bulkOf(...all.map(({ id }) => ({ method: 'DELETE', path: `/Users/${id}` }))),
      )
      const statuses = (body.Operations as readonly Json[]).map(({ status }) => status).sort()
      expect(statuses).toEqual(['204', '204', '204', '403', '403', '403'])
    })

    it('that do not happen do not count', async () => {
      await begin()
      const [one] = await users(1)
      expect((await gateway.delete(`/Users/${one.id}`)).status).toBe(204)
      for (let again = 0; again < 5; again++) {
        expect((await gateway.delete(`/Users/${one.id}`)).status).toBe(404)
        const stale = { 'if-match': 'W/"stale"' }
        const [kept] = await users(1)
        expect((await gateway.delete(`/Users/${kept.id}`, stale)).status).toBe(412)
      }
      expect(await breaker('deletes')).toMatchObject({ open: false, count: 1 })
    })

    it('of one client stop no other', async () => {
      const token = 'another-token-of-the-tests'
      const sha256 = createHash('sha256').update(token).digest('hex')
      gateway = await subject.anotherGateway({
        breaker: { ...LIMITS, deletes: 1 },
        clients: [{ name: 'other', tokens: [{ sha256 }] }],
      })
      const [first, second, third] = await users(3)
      expect((await gateway.delete(`/Users/${first.id}`)).status).toBe(204)
      expectForbidden(await gateway.delete(`/Users/${second.id}`), OPEN)
      const authorization = `Bearer ${token}`
      expect((await gateway.delete(`/Users/${third.id}`, { authorization })).status).toBe(204)
    })
  })

  describe('disabled accounts', () => {
    it('are no more than the limit, by PATCH and by PUT; repeated or enabled they do not count', async () => {
      await begin()
      const all = await users(5)
      const [first, second, third, fourth, fifth] = all
      for (let again = 0; again < 5; again++) expect((await disable(first)).status).toBe(200)
      const enable = patchOf({ op: 'replace', path: 'active', value: true })
      expect((await gateway.patch(`/Users/${first.id}`, enable)).status).toBe(200)
      expect(await breaker('disables')).toMatchObject({ count: 1 })
      const put = (user: Json) => gateway.put(`/Users/${user.id}`, { ...user, active: false })
      expect((await put(second)).status).toBe(200)
      expect((await disable(third)).status).toBe(200)
      expectForbidden(await put(fourth), OPEN)
      expectForbidden(await disable(fifth), OPEN)
      expect((await gateway.get(`/Users/${fourth.id}`)).body.active).toBe(true)
      const title = patchOf({ op: 'replace', path: 'title', value: 'still works' })
      expect((await gateway.patch(`/Users/${fourth.id}`, title)).status).toBe(200)
    })
  })

  describe('members', () => {
    it.each(['PATCH', 'PATCH of all', 'PUT'])(
      'that are too many leave in no one request: %s',
      async (verb) => {
        await begin()
        const all = await users(8)
        const group = await makeGroup(subject, all)
        const path = `/Groups/${group.id}`
        const answer =
          verb === 'PUT'
            ? await gateway.put(path, groupBody(group.displayName, all.slice(0, 1)))
            : await gateway.patch(
                path,
                verb === 'PATCH'
                  ? removing(all.slice(1))
                  : patchOf({ op: 'remove', path: 'members' }),
              )
        expectForbidden(answer, OPEN)
        expect(idsOf((await gateway.get(path)).body.members)).toHaveLength(8)
        expectForbidden(await gateway.patch(path, removing(all.slice(0, 1))), OPEN)
        const [more] = await users(1)
        const add = patchOf({ op: 'add', path: 'members', value: [{ value: more.id }] })
        expect((await gateway.patch(path, add)).status).toBe(204)
        expect((await reset('memberRemovals')).status).toBe(204)
        expect((await gateway.patch(path, removing(all.slice(0, 1)))).status).toBe(204)
      },
    )

    it('that are gone already do not leave again', async () => {
      await begin()
      const all = await users(4)
      const group = await makeGroup(subject, all)
      const path = `/Groups/${group.id}`
      const [one] = all
      for (let again = 0; again < 12; again++) {
        expect((await gateway.patch(path, removing([one]))).status).toBe(204)
      }
      expect(await breaker('memberRemovals')).toMatchObject({ open: false })
      expect((await gateway.patch(path, removing(all.slice(1)))).status).toBe(204)
    })
  })

  it('a browser resets nothing, nor does who names no breaker', async () => {
    await begin()
    const url = `${gateway.adminUrl}/breakers/%2Fscim%2Fv2/tests/deletes/reset`
    const headers = { origin: 'https://evil.example' }
    expect((await fetch(url, { method: 'POST', headers })).status).toBe(403)
    expect((await fetch(url.replace('deletes', 'x'), { method: 'POST' })).status).toBe(404)
    expect((await fetch(url.replace('tests', '__proto__'), { method: 'POST' })).status).toBe(404)
  })

  afterEach(() => {
    expect(gateway.log.filter(({ err }) => err !== undefined)).toEqual([])
  })
})
