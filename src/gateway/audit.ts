import type { Write } from '../ldap/operation.ts'
import { attributeKey } from '../ldap/value.ts'
import type { Rules } from '../mapping/rules.ts'
import { Forbidden, ScimError } from '../scim/error.ts'
import type { Refusal, ScimType } from '../scim/error.ts'
import type { Ended, Observer } from './observed.ts'
import { observers } from './observed.ts'

/** A request, or an operation of a bulk request, that means to write: what came of it. */
export interface AuditRecord {
  readonly requestId: string
  readonly client: string
  /** Whose rights counted in the directory, where not the service account's. */
  readonly actAs?: string
  readonly operation: 'create' | 'replace' | 'patch' | 'delete'
  readonly resourceType: string
  /** Of the resource; a new one has it when it is there. */
  readonly id: string | undefined
  /** Of HTTP; for what is 500 or 503 see how the writes ended. */
  readonly status: number
  readonly scimType: ScimType | undefined
  /** Why a guard of the gateway refused it. */
  readonly refused?: Refusal
  /** Every write that was sent, in order: what was tried anew and what was undone, too. */
  readonly writes: readonly AuditedWrite[]
}

export interface AuditedWrite {
  readonly write: Write
  readonly ended: Ended
}

/** Takes a record before the client has its answer. */
export type Audit = (record: AuditRecord) => void

/** What is known of a request before it is carried out. */
export type Begun = Pick<
  AuditRecord,
  'requestId' | 'client' | 'actAs' | 'operation' | 'resourceType' | 'id'
>

/**
 * Carries out a request that means to write, and has its record taken, however it ends.
 *
 * @param run Is given an observer of the LDAP operations; throws `ScimError` where it fails.
 * @param idOf The id of what it returned; nothing where that is known before.
 */
export async function audited<T>(
  audit: Audit,
  begun: Begun,
  observe: Observer,
  run: (observe: Observer) => Promise<T>,
  { status, idOf }: { status: (result: T) => number; idOf?: (result: T) => string | undefined },
): Promise<T> {
  const writes: AuditedWrite[] = []
  const journal: Observer = (sent) => (ended) => {
    if (sent.kind !== 'search') writes.push({ write: sent, ended })
  }
  try {
    const result = await run(observers([observe, journal]))
    const id = idOf?.(result) ?? begun.id
    audit({ ...begun, id, status: status(result), scimType: undefined, writes })
    return result
  } catch (error) {
    const { status = 500, scimType } = error instanceof ScimError ? error : {}
    const refused = error instanceof Forbidden && { refused: error.reason }
    audit({ ...begun, status, scimType, ...refused, writes })
    throw error
  }
}

/** Attributes that hold secrets wherever they are, by key. */
const SECRETS = ['userPassword', 'unicodePwd', 'authPassword', 'sambaNTPassword', 'sambaLMPassword']

/** Keys of the LDAP attributes whose values nobody may see: passwords, and what the mapping never returns. */
export function secretAttributes({ dialect, resources }: Rules): ReadonlySet<string> {
  const mapped = resources
    .flatMap(({ attributes }) => attributes)
    .flatMap((rule) => {
      const { returned, mutability } = rule.path.sub ?? rule.path.attribute
      const hidden = returned === 'never' || mutability === 'writeOnly'
      return hidden && 'ldap' in rule ? [rule.ldap] : []
    })
  return new Set([...SECRETS, dialect.password.attribute, ...mapped].map(attributeKey))
}
