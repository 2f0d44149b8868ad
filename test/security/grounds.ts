import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect } from 'vitest'
import { startDs389Subject } from '../conformance/ds389-subject.ts'
import { startOpenLdapSubject } from '../conformance/openldap-subject.ts'
import { startSambaSubject } from '../conformance/active-directory-subject.ts'
import type { Subject } from '../conformance/subject.ts'
import type { Answer, Json } from '../support/gateway.ts'
import { describeDs389, describeSamba } from '../support/here.ts'

const DIRECTORIES = [
  { name: 'OpenLDAP', start: () => startOpenLdapSubject(), group: describe },
  { name: '389 Directory Server', start: () => startDs389Subject(), group: describeDs389 },
  { name: 'Active Directory', start: () => startSambaSubject(), group: describeSamba },
] as const

/** Runs attacks on every directory that this machine can run. */
export function onEveryDirectory(attacks: (subject: () => Subject) => void): void {
  for (const { name, start, group } of DIRECTORIES) {
    group(name, () => {
      let subject: Subject
      beforeAll(async () => {
        subject = await start()
      })
      afterAll(() => subject.stop())
      attacks(() => subject)
    })
  }
}

/** That a guard refused, in words. */
export function expectForbidden(answer: Answer, detail: RegExp): void {
  expect({ status: answer.status, scimType: answer.body?.scimType }).toEqual({
    status: 403,
    scimType: undefined,
  })
  expect(answer.body.detail).toMatch(detail)
  expect(answer.body.schemas).toEqual(['urn:ietf:params:scim:api:messages:2.0:Error'])
}

/** The text of a mapping, changed. */
export function mappingText(name: string, change: (text: string) => string): string {
  const path = join(import.meta.dirname, `../../mappings/${name}.yaml`)
  const text = readFileSync(path, 'utf8')
  const changed = change(text)
  expect(changed).not.toBe(text)
  return changed
}

/** One operation of a bulk request, and what became of it. */
export function bulkOf(...operations: readonly Json[]): Json {
  return {
    schemas: ['urn:ietf:params:scim:api:messages:2.0:BulkRequest'],
    Operations: operations,
  }
}
