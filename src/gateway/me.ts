import type { Rules } from '../mapping/rules.ts'
import { ScimError } from '../scim/error.ts'
import type { Context } from './context.ts'
import { list } from './list.ts'

/** The core resource type that persons are of. */
const PERSON = 'User'

/** The endpoint of persons, where there are any. */
export function personsIn({ resources }: Rules): readonly string[] {
  return resources.filter(({ type }) => type.name === PERSON).map(({ type }) => type.endpoint)
}

/**
 * The resource of the person that a client stands for (RFC 7644 §3.11).
 *
 * @throws {ScimError} 501 where the client stands for nobody; 404 where the person is not there.
 */
export async function findMe(
  context: Context,
  userName: string | undefined,
): Promise<{ readonly endpoint: string; readonly id: string }> {
  const resource = context.rules.resources.find(({ type }) => type.name === PERSON)
  if (userName === undefined || resource === undefined) {
    throw new ScimError(501, 'this client stands for no person, so there is no /Me for it')
  }
  const { resources } = await list(context, [resource], {
    filter: {
      kind: 'compare',
      path: { attribute: 'userName' },
      operator: 'eq',
      value: userName,
    },
    startIndex: 1,
    projection: { attributes: [{ attribute: 'id' }] },
    sortOrder: 'ascending',
  })
  const [person] = resources
  if (typeof person?.id !== 'string') {
    throw new ScimError(404, 'the person that this client stands for does not exist')
  }
  return { endpoint: resource.type.endpoint, id: person.id }
}
