import { LARGE_GROUP } from './people.ts'
import type { Population } from './people.ts'
import type { Unit } from './slots.ts'

/** A SCIM request. */
export interface ScimRequest {
  /** Requests of the same label are counted together. */
  readonly label: string
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE'
  /** Below the endpoint; absent = the Location that the request before was answered with. */
  readonly path?: string
  readonly body?: object
  readonly status: number
}

export interface Scenario {
  readonly name: string
  readonly title: string
  /** Clients at work at the same time. */
  readonly concurrency: number
  /** What the client of this number asks; no two touch the same resources. */
  units(slot: number, population: Population): readonly Unit<ScimRequest>[]
}

const CONCURRENCY = 32
/** People, or groups, that one client takes turns with. */
const SUBJECTS = 5
export const LEAST_PEOPLE = LARGE_GROUP + 2 * CONCURRENCY * SUBJECTS
export const PAGE = 100

const USER = 'urn:ietf:params:scim:schemas:core:2.0:User'
const PATCH_OP = 'urn:ietf:params:scim:api:messages:2.0:PatchOp'

export const SCENARIOS: readonly Scenario[] = [
  {
    name: 'get',
    title: 'GET user by id',
    concurrency: CONCURRENCY,
    units: (slot, population) => subjects(slot, population).map(({ id }) => [get(`/Users/${id}`)]),
  },
  {
    name: 'filter',
    title: 'GET users, userName eq',
    concurrency: CONCURRENCY,
    units: (slot, population) =>
      subjects(slot, population).map(({ userName }) => [
        get(`/Users?filter=${encodeURIComponent(`userName eq "${userName}"`)}`),
      ]),
  },
  {
    name: 'patch',
    title: 'PATCH user, one attribute',
    concurrency: CONCURRENCY,
    units: (slot, population) =>
      subjects(slot, population).map(({ id, title }) =>
        ['Bookbinder', title].map((value) => patchTitle(id, value)),
      ),
  },
  {
    name: 'create',
    title: 'POST user, DELETE it',
    concurrency: CONCURRENCY,
    units: (slot, { userName }) =>
      Array.from({ length: SUBJECTS }, (_, index) => [
        {
          label: 'POST',
          method: 'POST',
          path: '/Users',
          status: 201,
          body: newUser(userName(`new.person.${slot}.${index}`)),
        },
        { label: 'DELETE', method: 'DELETE', status: 204 },
      ]),
  },
  {
    name: 'members',
    title: 'PATCH group, member in and out',
    concurrency: CONCURRENCY,
    units: (slot, { people, teamIds }) => {
      const path = `/Groups/${at(teamIds, slot % teamIds.length)}`
      return people
        .slice(slot * SUBJECTS, (slot + 1) * SUBJECTS)
        .map(({ id }) => [
          patch(204, 'add', path, [{ op: 'add', path: 'members', value: [{ value: id }] }]),
          patch(204, 'remove', path, [{ op: 'remove', path: `members[value eq "${id}"]` }]),
        ])
    },
  },
  {
    name: 'group',
    title: 'GET group of 1,000 members',
    concurrency: 8,
    units: (_, { largeGroupId }) => [[get(`/Groups/${largeGroupId}`)]],
  },
  {
    name: 'list',
    title: `list everybody, ${PAGE} a page`,
    concurrency: 4,
    units: (_, { people }) =>
      Array.from({ length: Math.ceil(people.length / PAGE) }, (__, page) => [
        get(`/Users?startIndex=${1 + page * PAGE}&count=${PAGE}`),
      ]),
  },
]

/** A modify of one attribute. */
export function patchTitle(id: string, value: string): ScimRequest {
  return patch(200, '', `/Users/${id}`, [{ op: 'replace', path: 'title', value }])
}

/** The people of one client, none of them in the large group. */
function subjects(slot: number, { people }: Population) {
  const start = LARGE_GROUP + slot * SUBJECTS
  return people.slice(start, start + SUBJECTS)
}

function get(path: string): ScimRequest {
  return { label: '', method: 'GET', path, status: 200 }
}

function patch(
  status: number,
  label: string,
  path: string,
  Operations: readonly object[],
): ScimRequest {
  return { label, method: 'PATCH', path, status, body: { schemas: [PATCH_OP], Operations } }
}

function newUser(userName: string): object {
  return {
    schemas: [USER],
    userName,
    name: { givenName: 'New', familyName: 'Person' },
    // Active Directory's mapping names people so.
    displayName: userName,
    emails: [{ type: 'work', value: 'new.person@example.com', primary: true }],
    title: 'Bookbinder',
    active: true,
  }
}

function at<T>(items: readonly T[], index: number): T {
  const item = items[index]
  if (item === undefined) throw new RangeError(`nothing at ${index}`)
  return item
}
