import { createHash } from 'node:crypto'
import { pino } from 'pino'
import type { Logger } from 'pino'
import type { AuditOptions } from './config/load.ts'
import type { AuditedWrite, AuditRecord } from './gateway/audit.ts'
import { printDn } from './ldap/dn.ts'
import type { Omission } from './ldap/ldif.ts'
import { changeRecord } from './ldap/ldif.ts'
import { nameAfter } from './ldap/operation.ts'
import type { Write } from './ldap/operation.ts'
import { attributeKey, bytesOf } from './ldap/value.ts'

/** Where records go. */
export interface AuditTrail {
  /** @param secrets Keys of the attributes whose values are not to be shown. */
  take(endpoint: string, record: AuditRecord, secrets: ReadonlySet<string>): void
  /** Begins a file of the same name anew, where the old one was renamed. */
  reopen(): void
  close(): void
}

/** A value of more octets is told by their number and hash: photographs, not names. */
const LONGEST_VALUE = 1024

/**
 * Opens the audit trail: JSON lines, each written before the client has its answer.
 *
 * @param log Where records go without a file, and what could not be written in any case.
 * @throws {Error} Where the file cannot be opened.
 */
export function openAuditTrail({ file, ldif }: AuditOptions, log: Logger): AuditTrail {
  const { lines, reopen, close } = file === undefined ? onLog(log) : ofFile(file, log)
  return {
    take(endpoint, { writes, ...record }, secrets) {
      const changes = writes.map((write) => told(write, ldif ? omission(secrets) : undefined))
      lines.info({ endpoint, ...record, changes }, 'write')
    },
    reopen,
    close,
  }
}

function onLog(log: Logger) {
  const lines = log.child({ stream: 'audit' }, { level: 'info' })
  return { lines, reopen: () => {}, close: () => {} }
}

function ofFile(file: string, log: Logger) {
  const destination = pino.destination({ dest: file, append: true, sync: true, mode: 0o600 })
  destination.on('error', (err: Error) => log.error({ err }, 'the audit trail cannot be written'))
  return {
    lines: pino({ base: null }, destination),
    reopen: () => destination.reopen(),
    close: () => destination.end(),
  }
}

function told({ write, ended }: AuditedWrite, omitted: Omission | undefined) {
  const after = nameAfter(write)
  return {
    operation: write.kind,
    dn: printDn(write.dn),
    ...(after !== undefined && { newDn: printDn(after) }),
    attributes: attributesOf(write),
    result: ended,
    ...(omitted && { ldif: changeRecord(write, omitted) }),
  }
}

function attributesOf(write: Write): readonly string[] {
  switch (write.kind) {
    case 'add':
      return write.attributes.map(({ name }) => name)
    case 'modify':
      return [
        ...new Set(
          [...write.changes, ...(write.increment ? [write.increment] : [])].map(
            ({ attribute }) => attribute,
          ),
        ),
      ]
    default:
      return []
  }
}

function omission(secrets: ReadonlySet<string>): Omission {
  return (attribute, value) => {
    const [type = ''] = attributeKey(attribute).split(';')
    if (secrets.has(type)) return 'not shown'
    const bytes = bytesOf(value)
    if (bytes.length <= LONGEST_VALUE) return undefined
    return `${bytes.length} octets, SHA-256 ${createHash('sha256').update(bytes).digest('hex')}`
  }
}
