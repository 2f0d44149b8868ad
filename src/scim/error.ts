/**
 * The `scimType` keywords and the HTTP status of each (RFC 7644 §3.12 table 9, RFC 9865 §2.1).
 * What the client must change is always named in `detail`.
 */
export const SCIM_TYPES = {
  invalidFilter: 400,
  tooMany: 400,
  uniqueness: 409,
  mutability: 400,
  invalidSyntax: 400,
  invalidPath: 400,
  noTarget: 400,
  invalidValue: 400,
  invalidVers: 400,
  sensitive: 403,
  invalidCursor: 400,
  expiredCursor: 400,
  invalidCount: 400,
} as const

export type ScimType = keyof typeof SCIM_TYPES

/** The client must change its request, or cannot have what it asks. Thrown; becomes an Error message. */
export class ScimError extends Error {
  override readonly name = 'ScimError'
  readonly status: number
  readonly scimType: ScimType | undefined
  /** Response headers that belong to the refusal, e.g. `Allow`. */
  readonly headers: Readonly<Record<string, string>>

  constructor(
    kind: ScimType | number,
    detail: string,
    options: { cause?: unknown; headers?: Readonly<Record<string, string>> } = {},
  ) {
    super(detail, options.cause === undefined ? undefined : { cause: options.cause })
    this.status = typeof kind === 'number' ? kind : SCIM_TYPES[kind]
    this.scimType = typeof kind === 'number' ? undefined : kind
    this.headers = options.headers ?? {}
  }
}

/** What a client is told of a fault of the gateway itself. */
export function internalError(): ScimError {
  return new ScimError(500, 'an internal error; the log of the gateway tells more')
}

/** Why a guard of the gateway refuses a request, for logs, metrics and audit. */
export type Refusal = 'protectedEntry' | 'protectedGroup' | 'deniedAttribute' | 'massChange'

/** What the client may not do, however it asks: 403 with a reason. */
export class Forbidden extends ScimError {
  readonly reason: Refusal
  /** What the log needs to know besides, such as the DN: names, never values. */
  readonly details: Readonly<Record<string, string | number>>

  constructor(
    reason: Refusal,
    detail: string,
    details: Readonly<Record<string, string | number>> = {},
  ) {
    super(403, detail)
    this.reason = reason
    this.details = details
  }
}
