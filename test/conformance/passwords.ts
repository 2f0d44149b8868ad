import { expect, it } from 'vitest'
import {
  expectError,
  expectStored,
  filtered,
  freshName,
  makeUser,
  patchOf,
  smallUser,
} from './subject.ts'
import type { SubjectOf } from './subject.ts'

const PASSWORD = 'correct horse "battery" staple ÄÖ'
const OTHER = 'Another good passw0rd'
/** Too short for every policy. */
const WEAK = 'a1'

export function passwords(subjectOf: SubjectOf): void {
  it('a password that POST sets is good to log on with', async () => {
    const subject = subjectOf()
    const user = await makeUser(subject, smallUser({ password: PASSWORD }))
    const dn = subject.userDn(user)
    expect(await subject.canLogOn(dn, PASSWORD)).toBe(true)
    expect(await subject.canLogOn(dn, OTHER)).toBe(false)
  })

  it.each(['PATCH with a path', 'PATCH without a path', 'PUT'])(
    'a password that %s sets takes the place of the old one',
    async (way) => {
      const subject = subjectOf()
      const user = await makeUser(subject, smallUser({ password: PASSWORD }))
      const path = `/Users/${user.id}`
      const answer =
        way === 'PUT'
          ? await subject.gateway.put(path, { ...user, password: OTHER })
          : await subject.gateway.patch(
              path,
              patchOf({
                op: 'replace',
                ...(way.endsWith('with a path')
                  ? { path: 'password', value: OTHER }
                  : { value: { password: OTHER } }),
              }),
            )
      expect(answer.status).toBe(200)
      const dn = subject.userDn(user)
      expect(await subject.canLogOn(dn, OTHER)).toBe(true)
      expect(await subject.canLogOn(dn, PASSWORD)).toBe(false)
    },
  )

  it('a PUT without a password keeps it', async () => {
    const subject = subjectOf()
    const user = await makeUser(subject, smallUser({ password: PASSWORD }))
    await subject.gateway.put(`/Users/${user.id}`, { ...user, title: 'new', password: '' })
    expect(await subject.canLogOn(subject.userDn(user), PASSWORD)).toBe(true)
  })

  it('a password goes with a rename and other changes in one PATCH', async () => {
    const subject = subjectOf()
    const user = await makeUser(subject, smallUser({ password: PASSWORD }))
    const value = { userName: freshName(), title: 'new', password: OTHER }
    const answer = await subject.gateway.patch(
      `/Users/${user.id}`,
      patchOf({ op: 'replace', value }),
    )
    expect(answer).toMatchObject({ status: 200, body: { userName: value.userName, title: 'new' } })
    expect(await subject.canLogOn(subject.userDn(value.userName), OTHER)).toBe(true)
    await expectStored(subject, answer.body)
  })

  it('no answer ever has a password, whatever is asked', async () => {
    const { gateway } = subjectOf()
    const body = smallUser({ password: PASSWORD })
    const created = await gateway.post('/Users?attributes=userName,password', body)
    const path = `/Users/${created.body.id}`
    const answers = [
      created,
      await gateway.get(path),
      await gateway.get(`${path}?attributes=password`),
      await gateway.get(filtered('/Users', `id eq "${created.body.id}"`, '&attributes=password')),
      await gateway.put(`${path}?attributes=password`, { ...body, title: 'x' }),
      await gateway.patch(path, patchOf({ op: 'replace', path: 'password', value: OTHER })),
    ]
    for (const answer of answers) {
      expect(answer.status).toBeLessThan(300)
      expect(JSON.stringify(answer.body)).not.toMatch(/password/i)
    }
  })

  it('no log line has a password', async () => {
    const subject = subjectOf()
    const user = await makeUser(subject, smallUser({ password: PASSWORD }))
    await subject.gateway.patch(
      `/Users/${user.id}`,
      patchOf({ op: 'replace', path: 'password', value: WEAK }),
    )
    const lines = JSON.stringify(subject.gateway.log)
    expect(lines).not.toContain('staple')
  })

  it('a password cannot be searched for', async () => {
    const { gateway } = subjectOf()
    for (const filter of [`password eq "${OTHER}"`, 'password pr', 'not (password sw "a")']) {
      const answer = await gateway.get(filtered('/Users', filter))
      expectError(answer, { status: 400, scimType: 'invalidFilter' })
    }
  })

  it('a user whose password the policy refuses is not created', async () => {
    const subject = subjectOf()
    const body = smallUser({ password: WEAK })
    const answer = await subject.gateway.post('/Users', body)
    expectError(answer, { status: 400, scimType: 'invalidValue', detail: /password.*policy/ })
    expect(JSON.stringify(answer.body)).not.toContain(WEAK)
    expect(await subject.read(subject.userDn(body))).toBeUndefined()
    const found = await subject.gateway.get(filtered('/Users', `userName eq "${body.userName}"`))
    expect(found.body.totalResults).toBe(0)
  })

  it('a change whose password the policy refuses is undone as a whole', async () => {
    const subject = subjectOf()
    const user = await makeUser(subject, smallUser({ password: PASSWORD, title: 'old' }))
    const value = { userName: freshName(), title: 'new', displayName: 'New', password: WEAK }
    const answer = await subject.gateway.patch(
      `/Users/${user.id}`,
      patchOf({ op: 'replace', value }),
    )
    expectError(answer, { status: 400, scimType: 'invalidValue', detail: /password.*policy/ })
    expect(await subject.read(subject.userDn(value.userName))).toBeUndefined()
    await expectStored(subject, user)
    expect(await subject.canLogOn(subject.userDn(user), PASSWORD)).toBe(true)
  })

  it('who is inactive cannot log on before being activated, with no new password either', async () => {
    const subject = subjectOf()
    const user = await makeUser(subject, smallUser({ password: PASSWORD, active: false }))
    const dn = subject.userDn(user)
    expect(user.active).toBe(false)
    expect(await subject.canLogOn(dn, PASSWORD)).toBe(false)
    const set = await subject.gateway.patch(
      `/Users/${user.id}`,
      patchOf({ op: 'replace', path: 'password', value: OTHER }),
    )
    expect(set).toMatchObject({ status: 200, body: { active: false } })
    expect(await subject.canLogOn(dn, OTHER)).toBe(false)
    await expectStored(subject, set.body)
    const answer = await subject.gateway.put(`/Users/${user.id}`, { ...user, active: true })
    expect(answer).toMatchObject({ status: 200, body: { active: true } })
    expect(await subject.canLogOn(dn, OTHER)).toBe(true)
  })
}
