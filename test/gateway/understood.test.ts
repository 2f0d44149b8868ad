import { describe, expect, test } from 'vitest'
import { understood } from '../../src/gateway/understood.ts'
import type { Dialect } from '../../src/ldap/dialect.ts'
import { activeDirectory } from '../../src/ldap/dialects/active-directory.ts'
import { openldap } from '../../src/ldap/dialects/openldap.ts'
import type { Directory } from '../../src/ldap/directory.ts'
import { parseDn } from '../../src/ldap/dn.ts'
import { LdapError, UnavailableError } from '../../src/ldap/result.ts'

const DN = parseDn('cn=a')

/** How a modify fails through a dialect, where the server fails it so. */
async function refusal(dialect: Dialect, error: Error): Promise<unknown> {
  const fail = () => Promise.reject(error)
  const directory = understood({ modify: fail } as Partial<Directory> as Directory, dialect)
  return directory.modify({ dn: DN, changes: [] }).catch((thrown: unknown) => thrown)
}

describe('a refusal', () => {
  const error = new LdapError('modify', 53, 'Attribute member already deleted for target', 'cn=b')

  test('has the code of what it means, and the words of the server', async () => {
    expect(await refusal(activeDirectory, error)).toMatchObject({
      operation: 'modify',
      code: 16,
      result: 'noSuchAttribute',
      diagnostic: error.diagnostic,
      matchedDn: 'cn=b',
    })
  })

  test('says which entry was to be written', async () => {
    expect(await refusal(activeDirectory, error)).toMatchObject({ dn: 'cn=a' })
    expect(await refusal(openldap, error)).toMatchObject({ dn: 'cn=a' })
  })

  test('has its own code where it means what it says', async () => {
    expect(await refusal(openldap, error)).toMatchObject({ code: 53 })
    const other = new LdapError('modify', 53, 'no')
    expect(await refusal(activeDirectory, other)).toMatchObject({ code: 53, diagnostic: 'no' })
  })
})

test('what is no refusal stays as it is', async () => {
  const error = new UnavailableError('gone', { sent: true })
  expect(await refusal(activeDirectory, error)).toBe(error)
})
