import { setTimeout as sleep } from 'node:timers/promises'

import { parseDn } from '../ldap/dn.ts'
import { textsOf } from '../ldap/entry.ts'
import { TRUE } from '../ldap/filter.ts'
import type { ResultName } from '../ldap/result.ts'
import { resultName } from '../ldap/result.ts'
import type { Connection } from './connection.ts'
import { encodeSearch } from './encode.ts'

/** What a server says of the directory: whether it can be asked, and how far it has come. */
export interface Standing {
  readonly result: ResultName
  /**
   * By server id, the last of its changes that this server has (OpenLDAP's `contextCSN`); empty on
   * servers that do not tell.
   */
  readonly changes: ReadonlyMap<string, string>
}

/** How long a server is looked at until it has come as far as another one. */
const LOOK_AGAIN_MS = 20

/** @throws {UnavailableError} */
export async function standingOf(
  connection: Connection,
  suffix: string,
  timeoutMs: number,
): Promise<Standing> {
  const search = {
    base: suffix === '' ? { rdns: [] } : parseDn(suffix),
    scope: 'base',
    filter: TRUE,
    attributes: ['contextCSN'],
  } as const
  const { result, entries } = await connection.send(encodeSearch(search, timeoutMs))
  const [entry] = entries
  const stamps = entry === undefined ? [] : textsOf(entry, 'contextCSN')
  return {
    result: resultName(result.code),
    changes: new Map(stamps.map((stamp) => [serverIdIn(stamp), stamp])),
  }
}

/**
 * Whether a server answers no worse than another one and has every change that the other one has.
 * It may be one that has just begun to catch up, or was set up anew and is empty.
 */
export function isLevel(candidate: Standing, other: Standing): boolean {
  if (candidate.result !== 'success' && candidate.result !== other.result) return false
  if (candidate.result === 'busy' || candidate.result === 'unavailable') return false
  // Of one server they have one length and are in the order of time.
  return [...other.changes].every(([id, stamp]) => (candidate.changes.get(id) ?? '') >= stamp)
}

/** Whether a server comes level with another one's standing in time. */
export async function comesLevel(
  look: () => Promise<Standing>,
  other: Standing,
  patienceMs: number,
): Promise<boolean> {
  const end = performance.now() + patienceMs
  for (;;) {
    if (isLevel(await look(), other)) return true
    if (performance.now() >= end) return false
    await sleep(LOOK_AGAIN_MS)
  }
}

/** `20260131093000.123456Z#000000#001#000000`: time, count, server id, modification. */
function serverIdIn(stamp: string): string {
  return stamp.split('#')[2] ?? ''
}
