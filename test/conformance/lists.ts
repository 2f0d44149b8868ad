import { beforeAll, describe, expect, it } from 'vitest'
import type { Json, TestGateway } from '../support/gateway.ts'
import {
  ENTERPRISE,
  expectError,
  filtered,
  freshName,
  LIST,
  makeGroup,
  makeUser,
  smallUser,
} from './subject.ts'
import type { SubjectOf } from './subject.ts'

const SEARCH = 'urn:ietf:params:scim:api:messages:2.0:SearchRequest'
const KEY = 'a key that replicas share, of 32 characters or more'

/** Titles of the users that are listed, in their order; some have none. */
const TITLES = ['alpha', 'Beta', 'gamma', 'Delta', 'epsilon', undefined, undefined]
const IN_ORDER = ['alpha', 'Beta', 'Delta', 'epsilon', 'gamma', undefined, undefined]

export function lists(subjectOf: SubjectOf): void {
  let department: string
  let all: readonly Json[]
  beforeAll(async () => {
    department = freshName('department')
    const subject = subjectOf()
    all = await Promise.all(
      TITLES.map((title) =>
        makeUser(subject, smallUser({ [ENTERPRISE]: { department }, ...(title && { title }) })),
      ),
    )
  })
  const ids = () => all.map(({ id }) => id as string).sort()
  const mine = () => `${ENTERPRISE}:department eq "${department}"`
  const listed = (gateway: TestGateway, more = '') => gateway.get(filtered('/Users', mine(), more))

  describe('pages by index (RFC 7644 §3.4.2.4)', () => {
    it('are of the list as its first page showed it, also where that held it all', async () => {
      const subject = subjectOf()
      const { gateway } = subject
      const title = freshName('title')
      const pageOf = async (more: string) =>
        (await gateway.get(filtered('/Users', `title eq "${title}"`, more))).body
      expect(await pageOf('&startIndex=3&count=2')).toMatchObject({ totalResults: 0 })
      await makeUser(subject, smallUser({ title }))
      expect(await pageOf('&startIndex=1&count=2')).toMatchObject({ totalResults: 1 })
      expect(await pageOf('&startIndex=3&count=2')).toMatchObject({
        totalResults: 1,
        Resources: [],
      })
    })

    it('hold every resource once, whatever their size', async () => {
      const { gateway } = subjectOf()
      for (const count of [1, 2, 3, 7, 100]) {
        const seen: string[] = []
        for (let startIndex = 1; startIndex <= all.length; startIndex += count) {
          const { status, body } = await listed(gateway, `&startIndex=${startIndex}&count=${count}`)
          expect(status).toBe(200)
          expect(body).toMatchObject({ schemas: [LIST], totalResults: all.length, startIndex })
          expect(body.itemsPerPage).toBe(body.Resources.length)
          seen.push(...idsOf(body))
        }
        expect(seen.sort()).toEqual(ids())
      }
    })

    it.each([
      ['&count=0', { totalResults: 7, itemsPerPage: 0, Resources: [] }],
      ['&count=-5', { totalResults: 7, itemsPerPage: 0, Resources: [] }],
      ['&startIndex=100', { totalResults: 7, startIndex: 100, itemsPerPage: 0, Resources: [] }],
      ['&startIndex=-3&count=100', { totalResults: 7, startIndex: 1, itemsPerPage: 7 }],
      ['&STARTINDEX=6', { totalResults: 7, startIndex: 6, itemsPerPage: 2 }],
    ])('%s is answered', async (more, expected) => {
      const { status, body } = await listed(subjectOf().gateway, more)
      expect(status).toBe(200)
      expect(body).toMatchObject(expected)
    })

    it.each(['&count=many', '&startIndex=1.5'])('%s is invalidValue', async (more) => {
      const answer = await listed(subjectOf().gateway, more)
      expectError(answer, { status: 400, scimType: 'invalidValue', detail: /must be an integer/ })
    })
  })

  describe('sorted (RFC 7644 §3.4.2.3)', () => {
    const titles = (body: Json) => resourcesOf(body).map(({ title }) => title as string)

    it('letter case does not count, what has no value comes last', async () => {
      const { gateway } = subjectOf()
      const ascending = await listed(gateway, '&sortBy=title')
      expect(titles(ascending.body)).toEqual(IN_ORDER)
      const descending = await listed(gateway, '&sortBy=title&sortOrder=descending')
      expect(titles(descending.body)).toEqual([...IN_ORDER].reverse())
    })

    it('pages follow the order', async () => {
      const { gateway } = subjectOf()
      const pages: string[] = []
      for (const startIndex of [1, 4, 7]) {
        const { body } = await listed(gateway, `&sortBy=title&startIndex=${startIndex}&count=3`)
        pages.push(...titles(body))
      }
      expect(pages).toEqual(IN_ORDER)
    })

    it.each([
      ['id', ({ id }: Json) => id as string],
      ['userName', ({ userName }: Json) => userName as string],
      ['meta.created', ({ meta }: Json) => meta.created as string],
      ['name.givenName', ({ name }: Json) => name.givenName as string],
      [`${ENTERPRISE}:department`, (user: Json) => user[ENTERPRISE].department as string],
    ])('by %s', async (path, keyOf) => {
      const { body } = await listed(subjectOf().gateway, `&sortBy=${path}`)
      const keys = resourcesOf(body).map(keyOf)
      expect(keys).toHaveLength(all.length)
      expect(keys).toEqual([...keys].sort())
    })

    it.each(['noSuchAttribute', 'name', 'title.'])('by %s is invalidPath', async (path) => {
      const answer = await listed(subjectOf().gateway, `&sortBy=${path}`)
      expectError(answer, { status: 400, scimType: 'invalidPath' })
    })

    it('in no known order is invalidValue', async () => {
      const answer = await listed(subjectOf().gateway, '&sortBy=title&sortOrder=upwards')
      expectError(answer, { status: 400, scimType: 'invalidValue', detail: /^sortOrder must be/ })
    })
  })

  describe('by cursors (RFC 9865)', () => {
    const page = (gateway: TestGateway, cursor: string, more = '&count=3') =>
      listed(gateway, `&cursor=${cursor}${more}`)

    it('lead through the list and back, without startIndex', async () => {
      const { gateway } = subjectOf()
      const forwards: string[][] = []
      let last: Json
      for (let cursor: string | undefined = ''; cursor !== undefined;) {
        const { status, body }: Json = await page(gateway, cursor)
        expect(status).toBe(200)
        expect(body.totalResults).toBe(all.length)
        expect(body).not.toHaveProperty('startIndex')
        forwards.push(idsOf(body))
        last = body
        cursor = body.nextCursor
        if (cursor !== undefined) expect(cursor).toMatch(/^[A-Za-z0-9._~-]+$/)
      }
      expect(forwards.map(({ length }) => length)).toEqual([3, 3, 1])
      expect(forwards.flat().sort()).toEqual(ids())
      const { body: second } = await page(gateway, last.previousCursor as string)
      expect(idsOf(second)).toEqual(forwards[1])
      const { body: first } = await page(gateway, second.previousCursor as string)
      expect(idsOf(first)).toEqual(forwards[0])
      expect(first).not.toHaveProperty('previousCursor')
    })

    it('are good on every replica that has the key, and on no other', async () => {
      const subject = subjectOf()
      const one = await subject.anotherGateway({ cursors: { key: KEY } })
      const other = await subject.anotherGateway({ cursors: { key: KEY } })
      const { body: first } = await page(one, '', '&count=4&sortBy=title')
      const rest = await page(other, first.nextCursor as string, '&count=4&sortBy=title')
      expect(rest.status).toBe(200)
      expect([...idsOf(first), ...idsOf(rest.body)].sort()).toEqual(ids())
      const stranger = await page(subject.gateway, first.nextCursor as string, '&sortBy=title')
      expectError(stranger, { status: 400, scimType: 'invalidCursor' })
    })

    it('belong to their query, and are not to be tampered with', async () => {
      const { gateway } = subjectOf()
      const { nextCursor } = (await page(gateway, '')).body as { nextCursor: string }
      const flipped = nextCursor.startsWith('A')
        ? `B${nextCursor.slice(1)}`
        : `A${nextCursor.slice(1)}`
      for (const answer of [
        await gateway.get(`/Users?cursor=${nextCursor}`),
        await page(gateway, nextCursor, '&sortBy=title'),
        await page(gateway, flipped),
        await page(gateway, 'x'),
        await page(gateway, nextCursor.slice(0, -1)),
      ]) {
        expectError(answer, { status: 400, scimType: 'invalidCursor' })
      }
    })

    it('expire', async () => {
      const gateway = await subjectOf().anotherGateway({ cursors: { lifetimeSeconds: 1 } })
      const { nextCursor } = (await page(gateway, '')).body as { nextCursor: string }
      expect((await page(gateway, nextCursor)).status).toBe(200)
      const expired = async () => (await page(gateway, nextCursor)).body.scimType as string
      await expect.poll(expired, { timeout: 5_000, interval: 200 }).toBe('expiredCursor')
    })

    it('go on after what has been deleted, and lose nobody', async () => {
      const subject = subjectOf()
      const [one, other] = await Promise.all([
        subject.anotherGateway({ cursors: { key: KEY } }),
        subject.anotherGateway({ cursors: { key: KEY } }),
      ])
      const own = freshName('department')
      const users = await Promise.all(
        Array.from({ length: 6 }, () =>
          makeUser(subject, smallUser({ [ENTERPRISE]: { department: own } })),
        ),
      )
      const path = (cursor: string) =>
        filtered('/Users', `${ENTERPRISE}:department eq "${own}"`, `&count=3&cursor=${cursor}`)
      const { body: first } = await one.get(path(''))
      const shown = idsOf(first)
      expect((await one.delete(`/Users/${shown[2]}`)).status).toBe(204)
      // The other one has never seen the list: it is collected anew.
      const { body: second } = await other.get(path(first.nextCursor as string))
      expect([...shown, ...idsOf(second)].sort()).toEqual(users.map(({ id }) => id).sort())
    })
  })

  describe('/.search (RFC 7644 §3.4.3)', () => {
    it('of a resource type says in a body what a query says', async () => {
      const { status, headers, body } = await subjectOf().gateway.post('/Users/.search', {
        schemas: [SEARCH],
        filter: mine(),
        sortBy: 'title',
        sortOrder: 'descending',
        startIndex: 6,
        count: 1,
        attributes: ['title'],
      })
      expect(status).toBe(200)
      expect(headers.get('content-type')).toMatch(/^application\/scim\+json/)
      expect(body).toMatchObject({ totalResults: 7, startIndex: 6, itemsPerPage: 1 })
      expect(Object.keys(body.Resources[0] as object).sort()).toEqual(['id', 'schemas', 'title'])
      expect(body.Resources[0].title).toBe('Beta')
    })

    it('of the root finds resources of every type, in one order', async () => {
      const subject = subjectOf()
      const name = freshName('everywhere')
      const user = await makeUser(subject, smallUser({ displayName: `${name} b` }))
      const groups = [
        await makeGroup(subject, [], `${name} c`),
        await makeGroup(subject, [], `${name} a`),
      ]
      const search = { filter: `displayName sw "${name}"`, sortBy: 'displayName' }
      const expected = [groups[1]?.id, user.id, groups[0]?.id]
      const { status, body } = await subject.gateway.post('/.search', {
        schemas: [SEARCH],
        ...search,
      })
      expect(status).toBe(200)
      expect(idsOf(body)).toEqual(expected)
      expect(resourcesOf(body).map(({ meta }) => meta.resourceType as string)).toEqual([
        'Group',
        'User',
        'Group',
      ])
      const paged = await subject.gateway.post('/.search', { ...search, startIndex: 2, count: 1 })
      expect([paged.body.totalResults, idsOf(paged.body)]).toEqual([3, [user.id]])
      const byQuery = await subject.gateway.get(filtered('', search.filter, '&sortBy=displayName'))
      expect(idsOf(byQuery.body)).toEqual(expected)
    })

    it.each([
      [{ filter: 7 }, /filter must be a string/],
      [{ count: [] }, /count must be an integer/],
      ['[]', /must be a JSON object/],
    ])('%j is invalidSyntax', async (body, detail) => {
      const answer = await subjectOf().gateway.post('/Users/.search', body)
      expectError(answer, { status: 400, scimType: 'invalidSyntax', detail })
    })
  })

  describe('what the directory cannot answer by itself', () => {
    it('is found by a look at each resource', async () => {
      const filter = `${mine()} and meta.location ew "${all[2]?.id}"`
      const { status, body } = await subjectOf().gateway.get(filtered('/Users', filter))
      expect([status, body.totalResults, idsOf(body)]).toEqual([200, 1, [all[2]?.id]])
    })

    it('is refused with tooMany where that would be too many', async () => {
      const gateway = await subjectOf().anotherGateway({ lookThrough: 5 })
      const answer = await gateway.get(filtered('/Users', 'meta.location ew "x"', '&count=2'))
      expectError(answer, { status: 400, scimType: 'tooMany', detail: /more than 5 resources/ })
      const narrow = filtered('/Users', `${mine()} and title eq "alpha" and meta.location pr`)
      expect((await gateway.get(narrow)).body.totalResults).toBe(1)
    })
  })
}

function resourcesOf({ Resources }: Json): readonly Json[] {
  return Resources as readonly Json[]
}

function idsOf(body: Json): string[] {
  return resourcesOf(body).map(({ id }) => id as string)
}
