import { beforeAll, expect, it } from 'vitest'
import type { Subject } from '../conformance/subject.ts'
import { filtered, freshName, makeUser, smallUser } from '../conformance/subject.ts'
import type { Json } from '../support/gateway.ts'
import { onEveryDirectory } from './grounds.ts'

const METACHARACTERS = [
  '*',
  'a*',
  '*)(objectClass=*',
  ')(|(uid=*',
  '\\2a',
  '(cn=x)',
  'a)(!(b=c',
  '&|!',
]

// Filter and DN injection: what a client sends is a value, wherever it ends.
onEveryDirectory((subjectOf) => {
  let subject: Subject
  let victim: Json

  beforeAll(async () => {
    subject = subjectOf()
    victim = await makeUser(subject)
  })

  it.each(METACHARACTERS)('a filter with %s finds nobody', async (text) => {
    for (const attribute of ['userName', 'id', 'title', 'groups.value']) {
      const filter = `${attribute} eq ${JSON.stringify(text)}`
      const { status, body } = await subject.gateway.get(filtered('/Users', filter))
      expect([status, body.totalResults]).toEqual([200, 0])
    }
  })

  it.each(METACHARACTERS)('an id such as %s is nobody’s', async (text) => {
    const path = `/Users/${encodeURIComponent(text)}`
    expect((await subject.gateway.get(path)).status).toBe(404)
    expect((await subject.gateway.delete(path)).status).toBe(404)
    expect(await subject.read(subject.userDn(victim.userName))).toBeDefined()
  })

  it.each(['cn=admin', 'x,ou=groups', 'x+uid=victim', 'x*', 'x)(y', 'x\\5cy', 'x=y', 'x;y', '<x>'])(
    'a name with %s is the name of one entry in its place, and found again',
    async (text) => {
      const userName = `${text} ${freshName()}`
      const made = await subject.gateway.post('/Users', smallUser({ userName }))
      expect(made.status).toBe(201)
      expect(await subject.read(subject.userDn(userName))).toBeDefined()
      const filter = `userName eq ${JSON.stringify(userName)}`
      const found = await subject.gateway.get(filtered('/Users', filter))
      expect(found.body.Resources).toMatchObject([{ id: made.body.id, userName }])
    },
  )
})
