import { expect, it } from 'vitest'
import {
  comparable,
  ENTERPRISE,
  expectError,
  expectStored,
  filtered,
  freshName,
  fullUser,
  makeGroup,
  makeUser,
  patchOf,
  smallUser,
  USER,
} from './subject.ts'
import type { SubjectOf } from './subject.ts'

export function users(subjectOf: SubjectOf): void {
  it('POST answers 201 with the resource, its Location and its ETag', async () => {
    const { gateway } = subjectOf()
    const body = fullUser()
    const answer = await gateway.post('/Users', body)
    expect(answer.status).toBe(201)
    const { id, meta } = answer.body
    expect(answer.headers.get('location')).toBe(`${gateway.url}/Users/${id}`)
    expect(answer.headers.get('etag')).toBe(meta.version)
    expect(answer.headers.get('content-type')).toMatch(/^application\/scim\+json/)
    expect(meta).toMatchObject({
      resourceType: 'User',
      location: `${gateway.url}/Users/${id}`,
      version: expect.stringMatching(/^W\/".+"$/),
    })
    expect(Math.abs(Date.parse(meta.created) - Date.now())).toBeLessThan(60_000)
    expect(Date.parse(meta.lastModified)).toBeGreaterThanOrEqual(Date.parse(meta.created))
    expect(comparable(answer.body)).toEqual(comparable(body))
  })

  it('everything that POST wrote stands in the entry and is read back', async () => {
    const subject = subjectOf()
    const body = fullUser()
    const { id } = await makeUser(subject, body)
    const answer = await subject.gateway.get(`/Users/${id}`)
    expect(answer.status).toBe(200)
    expect(comparable(answer.body)).toEqual(comparable(body))
    await expectStored(subject, body)
  })

  it('a user with nothing but a userName can be created', async () => {
    const subject = subjectOf()
    const userName = freshName()
    const user = await makeUser(subject, { schemas: [USER], userName })
    expect(user).toMatchObject({ userName, active: true })
    await expectStored(subject, user)
  })

  it('names in any letter case, "True", nulls and empty values are taken as meant', async () => {
    const subject = subjectOf()
    const userName = freshName()
    const user = await makeUser(subject, {
      SCHEMAS: [USER],
      USERNAME: userName,
      Name: { FamilyName: 'Case', givenname: '', middleName: null },
      Active: 'True',
      title: null,
      displayName: '',
      emails: [],
      phoneNumbers: [{ type: 'work', value: null }],
      groups: [],
      unknown: { thing: 1 },
      [ENTERPRISE.toLowerCase()]: { Department: 'Sales', costCenter: 'unmapped' },
    })
    expect(user).toMatchObject({ userName, active: true, [ENTERPRISE]: { department: 'Sales' } })
    for (const name of ['title', 'displayName', 'emails', 'phoneNumbers', 'unknown', 'groups']) {
      expect(user).not.toHaveProperty(name)
    }
    await expectStored(subject, user)
  })

  it.each([
    ['a comma and a quote', (name: string) => `${name}, "Jr."`],
    ['a plus and an equals sign', (name: string) => `+${name}=x+y`],
    ['a leading number sign', (name: string) => `#${name}`],
    ['a backslash and angle brackets', (name: string) => `${name}\\<x>;`],
    ['filter characters', (name: string) => `${name}(*)`],
    ['a slash and a percent sign', (name: string) => `${name}/%41?x`],
    ['an at and EXT', (name: string) => `${name}_contoso.com#EXT#@example.com`],
    ['letters beyond ASCII', (name: string) => `${name}-Łukasz-花子-🙂`],
    ['Liquid markup', (name: string) => `${name}{{ suffix }}{% if %}`],
  ])('a userName with %s is one name everywhere', async (_, nameOf) => {
    const subject = subjectOf()
    const userName = nameOf(freshName())
    const user = await makeUser(subject, smallUser({ userName }))
    await expectStored(subject, user)
    const filter = `userName eq ${JSON.stringify(userName)}`
    const found = await subject.gateway.get(filtered('/Users', filter))
    expect(found.body.Resources).toMatchObject([{ id: user.id, userName }])
    const group = await makeGroup(subject)
    const membership = patchOf({ op: 'add', path: 'members', value: [{ value: user.id }] })
    const joined = await subject.gateway.patch(`/Groups/${group.id}`, membership)
    const { members } = (await subject.gateway.get(`/Groups/${group.id}`)).body
    if (subject.takesEveryName || isAscii(userName)) {
      expect(joined.status).toBe(204)
      expect(members).toMatchObject([{ value: user.id }])
    } else {
      expectError(joined, { status: 400, scimType: 'invalidValue', detail: /members/ })
      expect(members).toBeUndefined()
    }
    const search = async (filter: string) =>
      (await subject.gateway.get(filtered('/Groups', filter))).body.totalResults as number
    expect(await search(`id eq "${group.id}" and not (members.value eq "${user.id}")`)).toBe(
      members === undefined ? 1 : 0,
    )
    expect((await subject.gateway.delete(`/Users/${user.id}`)).status).toBe(204)
    expect(await subject.membersOf(group.displayName)).toEqual([])
  })

  it('PUT clears what it omits and keeps whether the account is on', async () => {
    const subject = subjectOf()
    const user = await makeUser(subject, fullUser({ active: false }))
    const body = { schemas: [USER], userName: user.userName, name: { familyName: 'Only' } }
    const answer = await subject.gateway.put(`/Users/${user.id}`, body)
    expect(answer.status).toBe(200)
    expect(answer.body).toMatchObject({ userName: user.userName, active: false })
    for (const name of [
      'displayName',
      'title',
      'emails',
      'phoneNumbers',
      'addresses',
      ENTERPRISE,
    ]) {
      expect(answer.body).not.toHaveProperty(name)
    }
    expect(answer.headers.get('etag')).toBe(answer.body.meta.version)
    await expectStored(subject, answer.body)
  })

  it('PUT writes what it names, all of it', async () => {
    const subject = subjectOf()
    const user = await makeUser(subject)
    const body = fullUser({ userName: user.userName })
    const answer = await subject.gateway.put(`/Users/${user.id}`, body)
    expect(comparable(answer.body)).toEqual(comparable(body))
    expect((await subject.gateway.get(`/Users/${user.id}`)).body).toEqual(answer.body)
    await expectStored(subject, body)
  })

  it('PUT ignores what is readOnly: id, meta, schemas, groups', async () => {
    const subject = subjectOf()
    const user = await makeUser(subject, fullUser())
    const group = await makeGroup(subject, [user])
    const body = {
      ...user,
      id: 'another',
      meta: { resourceType: 'Thing', created: 'never' },
      schemas: ['urn:x'],
      groups: [],
    }
    const answer = await subject.gateway.put(`/Users/${user.id}`, body)
    expect(answer).toMatchObject({
      status: 200,
      body: { id: user.id, meta: { resourceType: 'User' } },
    })
    expect(answer.body.meta.created).toBe(user.meta.created)
    expect(await subject.membersOf(group.displayName)).toHaveLength(1)
  })

  it('a PUT of what was read changes nothing, not even the version', async () => {
    const { gateway } = subjectOf()
    const user = await makeUser(subjectOf(), fullUser())
    const answer = await gateway.put(`/Users/${user.id}`, user)
    expect(answer).toMatchObject({ status: 200, body: user })
  })

  it('PUT without userName is refused by name', async () => {
    const subject = subjectOf()
    const user = await makeUser(subject, fullUser())
    const answer = await subject.gateway.put(`/Users/${user.id}`, { schemas: [USER], title: 'x' })
    expectError(answer, { status: 400, scimType: 'invalidValue', detail: /userName/ })
    await expectStored(subject, user)
  })

  it('DELETE answers 204, and then the user is nowhere', async () => {
    const subject = subjectOf()
    const user = await makeUser(subject)
    const path = `/Users/${user.id}`
    expect(await subject.gateway.delete(path)).toMatchObject({ status: 204, body: undefined })
    expect(await subject.read(subject.userDn(user))).toBeUndefined()
    expectError(await subject.gateway.get(path), { status: 404 })
    expectError(await subject.gateway.delete(path), { status: 404 })
    expectError(await subject.gateway.put(path, smallUser()), { status: 404 })
    const patch = patchOf({ op: 'replace', path: 'title', value: 'x' })
    expectError(await subject.gateway.patch(path, patch), { status: 404 })
  })

  it('a userName is free again after DELETE, under another id', async () => {
    const subject = subjectOf()
    const body = smallUser()
    const first = await makeUser(subject, body)
    await subject.gateway.delete(`/Users/${first.id}`)
    const second = await makeUser(subject, body)
    expect(second.id).not.toBe(first.id)
  })

  it.each(['POST', 'PUT', 'PATCH'] as const)(
    '%s with a taken userName, in any letter case, is 409',
    async (verb) => {
      const subject = subjectOf()
      const taken = await makeUser(subject)
      const user = await makeUser(subject)
      const userName = String(taken.userName).toUpperCase()
      const body = smallUser({ userName })
      const patch = patchOf({ op: 'replace', value: { userName, title: 'changed' } })
      const [path, sent] = {
        POST: ['/Users', body],
        PUT: [`/Users/${user.id}`, body],
        PATCH: [`/Users/${user.id}`, patch],
      }[verb]
      const answer = await subject.gateway.request(verb, path, sent)
      expectError(answer, { status: 409, scimType: 'uniqueness', detail: /userName/ })
      await expectStored(subject, taken)
      await expectStored(subject, user)
    },
  )

  it('a userName that an entry of another name in scope has is taken', async () => {
    const subject = subjectOf()
    const userName = freshName('odd')
    const dn = subject.userDn(`other-${userName}`)
    await subject.applyLdif(
      subject.personLdif(dn, userName).replace('uid:', `uid: other-${userName}\nuid:`),
    )
    const user = await makeUser(subject)
    const created = await subject.gateway.post('/Users', smallUser({ userName }))
    expectError(created, { status: 409, scimType: 'uniqueness' })
    const patch = patchOf({ op: 'replace', path: 'userName', value: userName })
    const patched = await subject.gateway.patch(`/Users/${user.id}`, patch)
    expectError(patched, { status: 409, scimType: 'uniqueness' })
    await expectStored(subject, user)
  })

  it('a user may take the same userName in another letter case', async () => {
    const subject = subjectOf()
    const user = await makeUser(subject)
    const userName = String(user.userName).toUpperCase()
    const answer = await subject.gateway.patch(
      `/Users/${user.id}`,
      patchOf({ op: 'replace', path: 'userName', value: userName }),
    )
    expect(answer).toMatchObject({ status: 200, body: { id: user.id, userName } })
    await expectStored(subject, answer.body)
  })

  it('a value that the directory refuses, if any, is named as the client knows it, and nothing is written', async () => {
    const subject = subjectOf()
    if (subject.refused === undefined) {
      const phoneNumbers = [{ type: 'work', value: 'Grüße' }]
      expect(await makeUser(subject, smallUser({ phoneNumbers }))).toMatchObject({ phoneNumbers })
      return
    }
    const { attribute, value, name } = subject.refused
    const body = smallUser({ [attribute]: value })
    const posted = await subject.gateway.post('/Users', body)
    expectError(posted, { status: 400, scimType: 'invalidValue' })
    expect(posted.body.detail).toContain(name)
    expect(await subject.read(subject.userDn(body))).toBeUndefined()
    const user = await makeUser(subject)
    const patch = patchOf(
      { op: 'replace', path: 'userName', value: freshName() },
      { op: 'add', path: attribute, value },
      { op: 'replace', path: 'title', value: 'new' },
    )
    const patched = await subject.gateway.patch(`/Users/${user.id}`, patch)
    expectError(patched, { status: 400, scimType: 'invalidValue' })
    expect(patched.body.detail).toContain(name)
    expect((await subject.gateway.get(`/Users/${user.id}`)).body.userName).toBe(user.userName)
    await expectStored(subject, user)
  })

  it.each([
    [{ userName: 5 }, /userName/],
    [{ active: 'maybe' }, /active/],
    [{ name: 'Smith' }, /name/],
    [{ emails: [{ type: 'work', value: { a: 1 } }] }, /emails\[0\]\.value/],
    [{ title: ['a', 'b'] }, /title/],
    [{ phoneNumbers: [{ type: 'work', value: 1 }] }, /phoneNumbers\[0\]\.value/],
    [{ [ENTERPRISE]: 'x' }, /enterprise/],
    [{ [ENTERPRISE]: { employeeNumber: 7 } }, /employeeNumber/],
    [{ title: 'a\0b' }, /title/],
    [{ displayName: '\ud800' }, /displayName/],
  ])('a value of the wrong type is 400 invalidValue naming it: %j', async (more, detail) => {
    const { gateway, read, userDn } = subjectOf()
    const body = smallUser(more)
    const answer = await gateway.post('/Users', body)
    expectError(answer, { status: 400, scimType: 'invalidValue', detail })
    if (typeof body.userName === 'string') expect(await read(userDn(body))).toBeUndefined()
  })

  it.each([
    [[{ type: 'pigeon', value: 'a@example.com' }], /emails.*"pigeon"/],
    [
      [
        { type: 'work', value: 'a@example.com' },
        { type: 'work', value: 'b@example.com' },
      ],
      /emails/,
    ],
  ])('e-mails are kept, or refused by the name of the attribute: %j', async (emails, detail) => {
    const { gateway, keepsEverything, read, userDn } = subjectOf()
    const body = smallUser({ emails })
    const answer = await gateway.post('/Users', body)
    if (keepsEverything) {
      expect(answer.status).toBe(201)
      const { emails: kept } = (await gateway.get(`/Users/${answer.body.id}`)).body
      expect(comparable({ emails: kept })).toEqual(comparable({ emails }))
      return
    }
    expectError(answer, { status: 400, scimType: 'invalidValue', detail })
    expect(await read(userDn(body))).toBeUndefined()
  })

  it('a body that is no JSON, or no object, is 400 invalidSyntax', async () => {
    const { gateway } = subjectOf()
    const user = await makeUser(subjectOf())
    for (const body of ['{"userName":', '[]', '"text"', 'null', '17']) {
      for (const [method, path] of [
        ['POST', '/Users'],
        ['PUT', `/Users/${user.id}`],
        ['PATCH', `/Users/${user.id}`],
      ] as const) {
        const answer = await gateway.request(method, path, body)
        expectError(answer, { status: 400, scimType: 'invalidSyntax' })
      }
    }
  })

  it('an id that is none, of another type or in other letters is 404', async () => {
    const subject = subjectOf()
    const user = await makeUser(subject)
    const group = await makeGroup(subject)
    for (const id of [
      'nonsense',
      '00000000-0000-0000-0000-000000000000',
      group.id,
      String(user.id).toUpperCase(),
      '*',
      encodeURIComponent('../Users'),
      encodeURIComponent('a)(uid=*'),
      '__proto__',
    ]) {
      expectError(await subject.gateway.get(`/Users/${id}`), { status: 404 })
    }
    expectError(await subject.gateway.get(`/Groups/${user.id}`), { status: 404 })
    expectError(await subject.gateway.delete(`/Groups/${user.id}`), { status: 404 })
  })
}

function isAscii(text: string): boolean {
  return /^[\0-\x7f]*$/.test(text)
}
