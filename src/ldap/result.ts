/** Result codes by their names in RFC 4511 §4.1.9 and the RFCs that added to it. */
export const RESULT_CODES = {
  success: 0,
  operationsError: 1,
  protocolError: 2,
  timeLimitExceeded: 3,
  sizeLimitExceeded: 4,
  compareFalse: 5,
  compareTrue: 6,
  authMethodNotSupported: 7,
  strongerAuthRequired: 8,
  referral: 10,
  adminLimitExceeded: 11,
  unavailableCriticalExtension: 12,
  confidentialityRequired: 13,
  saslBindInProgress: 14,
  noSuchAttribute: 16,
  undefinedAttributeType: 17,
  inappropriateMatching: 18,
  constraintViolation: 19,
  attributeOrValueExists: 20,
  invalidAttributeSyntax: 21,
  noSuchObject: 32,
  aliasProblem: 33,
  invalidDNSyntax: 34,
  aliasDereferencingProblem: 36,
  inappropriateAuthentication: 48,
  invalidCredentials: 49,
  insufficientAccessRights: 50,
  busy: 51,
  unavailable: 52,
  unwillingToPerform: 53,
  loopDetect: 54,
  namingViolation: 64,
  objectClassViolation: 65,
  notAllowedOnNonLeaf: 66,
  notAllowedOnRDN: 67,
  entryAlreadyExists: 68,
  objectClassModsProhibited: 69,
  affectsMultipleDSAs: 71,
  virtualListViewError: 76,
  other: 80,
  canceled: 118,
  noSuchOperation: 119,
  tooLate: 120,
  cannotCancel: 121,
  assertionFailed: 122,
  authorizationDenied: 123,
} as const

export type ResultName = keyof typeof RESULT_CODES

const NAMES = new Map<number, ResultName>(
  Object.entries(RESULT_CODES).map(([name, code]) => [code, name as ResultName]),
)

/** The name of a result code; a number that no RFC here names is `other`. */
export function resultName(code: number): ResultName {
  return NAMES.get(code) ?? 'other'
}

/** The directory refused an operation. */
export class LdapError extends Error {
  override readonly name = 'LdapError'
  readonly code: number
  readonly result: ResultName
  /** The server's own words, without our framing; often empty. For logs and for translation, never for clients as it is. */
  readonly diagnostic: string
  readonly matchedDn: string | undefined
  /** What was asked, e.g. `modify`. */
  readonly operation: string
  /** Of the entry that was to be written; for logs. */
  readonly dn: string | undefined

  constructor(operation: string, code: number, diagnostic = '', matchedDn?: string, dn?: string) {
    const result = resultName(code)
    super(`${operation}: ${result} (${code})${diagnostic === '' ? '' : `: ${diagnostic}`}`)
    this.code = code
    this.result = result
    this.diagnostic = diagnostic
    this.matchedDn = matchedDn
    this.operation = operation
    this.dn = dn
  }
}

/**
 * No answer came: no server can be reached, a connection was lost, an operation timed out, or the
 * queue is full. `sent` tells whether the server may have carried the operation out, `underWay`
 * whether it may yet do so, because the connection stands.
 */
export class UnavailableError extends Error {
  override readonly name = 'UnavailableError'
  readonly sent: boolean
  readonly underWay: boolean

  constructor(
    message: string,
    { sent, underWay = false, cause }: { sent: boolean; underWay?: boolean; cause?: unknown },
  ) {
    super(message, cause === undefined ? undefined : { cause })
    this.sent = sent
    this.underWay = underWay
  }
}
