import type { Dialect, Diagnosis } from '../ldap/dialect.ts'
import type { ResultName } from '../ldap/result.ts'
import { LdapError, UnavailableError } from '../ldap/result.ts'
import type { ResourceRules, Rules } from '../mapping/rules.ts'
import { ScimError } from '../scim/error.ts'
import type { ScimType } from '../scim/error.ts'
import { printResolved } from '../scim/path.ts'

/** What a refusal of the directory means to a SCIM client; `name` is the attribute as the client knows it. */
interface Meaning {
  readonly kind: ScimType | number
  detail(name: string | undefined): string
}

/** By what the dialect read in the diagnostic message; it knows better than the code. */
const BY_REASON: Readonly<Record<NonNullable<Diagnosis['reason']>, Meaning>> = {
  notUnique: {
    kind: 'uniqueness',
    detail: (name) => `${name ?? 'a value'} is taken by another entry of the directory`,
  },
  missing: {
    kind: 'invalidValue',
    detail: (name) => `${name ?? 'an attribute'} is required by the directory`,
  },
  notAllowed: {
    kind: 'invalidValue',
    detail: (name) => `${name ?? 'an attribute'} is not allowed for this kind of entry`,
  },
  multipleValues: {
    kind: 'invalidValue',
    detail: (name) => `${name ?? 'an attribute'} can have one value only`,
  },
  passwordPolicy: {
    kind: 'invalidValue',
    detail: () => 'password does not satisfy the password policy of the directory',
  },
}

const refusedValue: Meaning = {
  kind: 'invalidValue',
  detail: (name) => `${name ?? 'a value'} is not accepted by the directory`,
}
const tooMany: Meaning = {
  kind: 'tooMany',
  detail: () => 'the directory found more than it returns; a narrower filter is needed',
}
const forbidden: Meaning = {
  kind: 500,
  detail: () => 'the directory does not let this gateway do that',
}

/** By result code (RFC 4511 §4.1.9); what is not here is a 500 without detail. */
const BY_RESULT: Readonly<Partial<Record<ResultName, Meaning>>> = {
  noSuchObject: { kind: 404, detail: () => 'the resource does not exist' },
  entryAlreadyExists: {
    kind: 'uniqueness',
    detail: () => 'the name of the entry is taken by another entry of the directory',
  },
  constraintViolation: refusedValue,
  invalidAttributeSyntax: refusedValue,
  invalidDNSyntax: refusedValue,
  objectClassViolation: refusedValue,
  namingViolation: refusedValue,
  notAllowedOnRDN: refusedValue,
  notAllowedOnNonLeaf: { kind: 409, detail: () => 'the entry has entries below it' },
  insufficientAccessRights: forbidden,
  strongerAuthRequired: forbidden,
  confidentialityRequired: forbidden,
  unwillingToPerform: {
    kind: 'invalidValue',
    detail: () => 'the directory is unwilling to do that',
  },
  referral: {
    kind: 500,
    detail: () => 'the directory refers to another server, which is not followed',
  },
  undefinedAttributeType: {
    kind: 500,
    detail: () => 'the mapping names an attribute that the directory does not know',
  },
  timeLimitExceeded: tooMany,
  sizeLimitExceeded: tooMany,
  adminLimitExceeded: tooMany,
  noSuchAttribute: conflict(),
  attributeOrValueExists: conflict(),
  assertionFailed: conflict(),
  busy: unavailable(),
  unavailable: unavailable(),
}

const mayNotAct: Meaning = {
  kind: 500,
  detail: () => 'the directory does not let this gateway act for this client',
}

/** Of those, what they mean to a client whose own rights in the directory count (RFC 4370). */
const TO_ACTING: Readonly<Partial<Record<ResultName, Meaning>>> = {
  insufficientAccessRights: {
    kind: 403,
    detail: () => 'the directory does not let this client do that',
  },
  authorizationDenied: mayNotAct,
  unavailableCriticalExtension: mayNotAct,
}

/** Seconds after which a client is asked to try again. */
export const RETRY_AFTER = '5'

/**
 * The SCIM error that a failure of the directory means; anything else is returned as it is. The
 * directory's own words stay in the `cause`.
 *
 * @param acts Whether the request has other rights than the service account.
 */
export function failureOf(
  error: unknown,
  rules: Rules,
  { resource, acts }: { readonly resource: ResourceRules | undefined; readonly acts: boolean },
): unknown {
  if (error instanceof UnavailableError) {
    return new ScimError(503, 'the directory cannot be reached at the moment', {
      cause: error,
      headers: { 'Retry-After': RETRY_AFTER },
    })
  }
  if (!(error instanceof LdapError)) return error
  const { reason, attribute } = rules.dialect.readDiagnostic(error.diagnostic)
  const ofCode = (acts ? TO_ACTING[error.result] : undefined) ?? BY_RESULT[error.result]
  const meaning = reason === undefined ? ofCode : BY_REASON[reason]
  if (meaning === undefined) {
    return new ScimError(500, 'the directory refused the operation', { cause: error })
  }
  const name = attribute === undefined ? undefined : scimNameOf(attribute, rules.dialect, resource)
  return new ScimError(meaning.kind, meaning.detail(name), {
    cause: error,
    ...(meaning.kind === 503 && { headers: { 'Retry-After': RETRY_AFTER } }),
  })
}

/** The attribute as the client knows it; one that no rule fills keeps the directory's name. */
function scimNameOf(ldap: string, dialect: Dialect, resource: ResourceRules | undefined): string {
  const wanted = ldap.toLowerCase()
  for (const rule of resource?.attributes ?? []) {
    const name = printResolved(rule.path)
    if (rule.kind === 'value' || rule.kind === 'reference') {
      if (rule.ldap.toLowerCase() === wanted) return name
    } else if (rule.kind === 'slots') {
      if (rule.rest?.toLowerCase() === wanted) return name
      for (const { parts, type } of rule.slots) {
        for (const [sub, part] of parts) {
          if (part.ldap.toLowerCase() !== wanted) continue
          return type === undefined ? `${name}.${sub}` : `${name}[type eq "${type}"].${sub}`
        }
      }
    } else if (rule.kind !== 'backlink') {
      const own =
        rule.kind === 'password' ? dialect.password.attribute : dialect.activation.attribute
      if (own.toLowerCase() === wanted) return name
    }
  }
  return `the directory's attribute ${ldap}`
}

function conflict(): Meaning {
  return {
    kind: 503,
    detail: () => 'the resource was changed by others again and again; try later',
  }
}

function unavailable(): Meaning {
  return { kind: 503, detail: () => 'the directory is busy or unavailable' }
}
