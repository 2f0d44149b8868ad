import { beforeAll, expect, it } from 'vitest'
import type { Subject } from '../conformance/subject.ts'
import { expectError, makeUser, patchOf, smallUser } from '../conformance/subject.ts'
import type { Json } from '../support/gateway.ts'
import { onEveryDirectory } from './grounds.ts'

const SECRET = 'Str0ng-Secret!x'

// A bind with an empty password succeeds as anonymous (RFC 4513 §5.1.2), so nobody may have one.
onEveryDirectory((subjectOf) => {
  let subject: Subject
  let user: Json

  beforeAll(async () => {
    subject = subjectOf()
    user = await makeUser(subject, smallUser({ password: SECRET, active: true }))
  })

  it('no account gets an empty password, new or later', async () => {
    const refused = { status: 400, scimType: 'invalidValue', detail: /password/ }
    const { userName } = user
    expectError(await subject.gateway.post('/Users', smallUser({ password: '' })), refused)
    const path = `/Users/${user.id}`
    for (const operation of [
      { op: 'replace', path: 'password', value: '' },
      { op: 'add', value: { password: '' } },
    ]) {
      expectError(await subject.gateway.patch(path, patchOf(operation)), refused)
    }
    expectError(await subject.gateway.put(path, smallUser({ userName, password: '' })), refused)
    expect(await subject.canLogOn(subject.userDn(userName), SECRET)).toBe(true)
  })
})
