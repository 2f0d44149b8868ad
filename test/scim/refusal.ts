import { ScimError } from '../../src/scim/error.ts'

/** What a client is told of the refusal: status, keyword, text. */
export function refusalOf(action: () => unknown): {
  readonly status: number
  readonly scimType: string | undefined
  readonly detail: string
} {
  try {
    action()
  } catch (error) {
    if (!(error instanceof ScimError)) throw error
    return { status: error.status, scimType: error.scimType, detail: error.message }
  }
  throw new Error('nothing was refused')
}
