import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll } from 'vitest'
import { startDs389 } from '../../src/demo/ds389.ts'
import { describeDs389 } from '../support/here.ts'
import { ldapmodify } from '../support/ldapmodify.ts'
import { ds389Subject } from './ds389-subject.ts'
import { POSIX } from './mapping-subjects.ts'
import { posixBlock } from './posix-subject.ts'
import { conformance } from './suite.ts'

const folder = mkdtempSync(join(tmpdir(), 'scim2ldap-'))
afterAll(() => rmSync(folder, { recursive: true }))

// docs/openldap-posix.md: all that changes is the dialect.
describeDs389('389 Directory Server', () => {
  conformance('with the mapping of openldap-posix.yaml', async () => {
    const mapping = join(folder, '389ds-posix.yaml')
    const text = readFileSync(POSIX.mapping, 'utf8')
    writeFileSync(mapping, text.replace('dialect: openldap', 'dialect: 389ds'))
    const server = await startDs389()
    await ldapmodify(server, posixBlock('ldif counter'))
    return ds389Subject(server, { ...POSIX, mapping }, 'direct')
  })
})
