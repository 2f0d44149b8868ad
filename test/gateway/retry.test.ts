import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { Context } from '../../src/gateway/context.ts'
import type { Attempt } from '../../src/gateway/retry.ts'
import { retried } from '../../src/gateway/retry.ts'
import { ds389 } from '../../src/ldap/dialects/ds389.ts'
import { parseDn } from '../../src/ldap/dn.ts'
import { SILENT } from '../../src/ldap/log.ts'
import { LdapError, RESULT_CODES } from '../../src/ldap/result.ts'

const context = {
  rules: { dialect: ds389 },
  log: SILENT,
  signal: new AbortController().signal,
} as Context
/** What 389 Directory Server says of an entry that is not there, and of one that may not be written. */
const HIDDEN = new LdapError('modify', RESULT_CODES.insufficientAccessRights, '')

/** How a write that never succeeds ends, and after how many attempts. */
async function endOf(attempt: (attempt: Attempt) => Error) {
  let attempts = 0
  const end = retried(context, (round) => {
    attempts = round.tries
    return Promise.reject(attempt(round))
  }).catch((error: unknown) => error)
  await vi.runAllTimersAsync()
  return { attempts, end: await end }
}

describe('a write', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  test('is tried again and again while others are faster, but not for ever', async () => {
    const { attempts, end } = await endOf(() => new LdapError('modify', 16))
    expect(attempts).toBe(60)
    expect(end).toMatchObject({ result: 'assertionFailed' })
  })

  test('of an entry that is renamed again and again fails as a conflict: it is there', async () => {
    const { end } = await endOf(() => new LdapError('rename', RESULT_CODES.noSuchObject))
    expect(end).toMatchObject({ operation: 'rename', result: 'assertionFailed' })
  })

  test('that is not allowed is given up soon, where the entry stays', async () => {
    const { attempts, end } = await endOf((round) => {
      round.dn = parseDn('cn=a')
      return HIDDEN
    })
    expect(attempts).toBe(5)
    expect(end).toBe(HIDDEN)
  })

  test('that met nothing is tried on, where the entry has moved', async () => {
    const { attempts } = await endOf((round) => {
      round.dn = parseDn(`cn=${round.tries}`)
      return HIDDEN
    })
    expect(attempts).toBe(60)
  })

  test('of a name that is taken is tried again: the entry may have it itself by now', async () => {
    const refusal = new LdapError('rename', RESULT_CODES.entryAlreadyExists)
    expect(await endOf(() => refusal)).toEqual({ attempts: 5, end: refusal })
  })

  test('that is refused for another reason is not tried again', async () => {
    const refusal = new LdapError('modify', RESULT_CODES.constraintViolation)
    expect(await endOf(() => refusal)).toEqual({ attempts: 1, end: refusal })
  })
})
