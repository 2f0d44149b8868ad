import { expect, it } from 'vitest'
import type { Json } from '../support/gateway.ts'
import type { SubjectOf } from './subject.ts'
import {
  comparable,
  ENTERPRISE,
  expectError,
  expectStored,
  filtered,
  freshName,
  fullUser,
  groupBody,
  makeUser,
  patchOf,
} from './subject.ts'

/** What the mappings do that keep every attribute of RFC 7643 by our schema. */
export function whole(subjectOf: SubjectOf): void {
  it('a user with every attribute stands in the entry, is read back, and a PUT of it is nothing new', async () => {
    const subject = subjectOf()
    const body = wholeUser()
    const user = await makeUser(subject, body)
    expect(comparable(user)).toEqual(comparable(body))
    await expectStored(subject, body)
    const answer = await subject.gateway.put(`/Users/${user.id}`, user)
    expect(answer).toMatchObject({ status: 200, body: user })
  })

  it('a PUT without them leaves nothing of them behind', async () => {
    const subject = subjectOf()
    const user = await makeUser(subject, wholeUser())
    const answer = await subject.gateway.put(`/Users/${user.id}`, {
      schemas: user.schemas,
      userName: user.userName,
      name: { formatted: 'Zoë', familyName: 'Müller' },
    })
    expect(answer.status).toBe(200)
    const entry = await subject.read(subject.userDn(user))
    const ours = Object.keys(entry?.attributes ?? {}).filter((name) => name.startsWith('scim'))
    expect(ours).toEqual([])
    await expectStored(subject, answer.body)
  })

  it('every attribute can be searched for', async () => {
    const subject = subjectOf()
    const { id, externalId } = await makeUser(subject, wholeUser())
    const finds = async (filter: string) => {
      const both = `externalId eq "${externalId}" and ${filter}`
      const { body } = await subject.gateway.get(filtered('/Users', both))
      expect(body, filter).toMatchObject({ totalResults: 1, Resources: [{ id }] })
    }
    for (const filter of [
      'name.middleName eq "anna"',
      'name.honorificPrefix sw "dr"',
      'name.honorificSuffix eq "iii"',
      'nickName co "O"',
      'locale eq "de-de"',
      'timezone ew "/Berlin"',
      'costCenter eq "cc-1"',
      'emails[type eq "home" and display co "home"]',
      'emails[type eq "home" and value eq "ZOE@example.net"]',
      'emails[type eq "home" and not (primary eq true)]',
      'phoneNumbers.value eq "Ask \\"bob\\""',
      'addresses[type eq "home" and region eq "London"]',
      'addresses[type eq "other" and formatted co "$ 5"]',
      'addresses.country eq "de"',
      'ims[type eq "xmpp"]',
      `photos[value eq "https://example.com/${externalId}.jpg" and primary eq true]`,
      'entitlements.display eq "vpn"',
      'roles[value eq "auditor" and not (primary pr)]',
      'x509Certificates.value eq "bm8gY2VydGlmaWNhdGU="',
    ]) {
      await finds(filter)
    }
    const { body } = await subject.gateway.get(
      filtered('/Users', `externalId eq "${String(externalId).toUpperCase()}"`),
    )
    expect(body.totalResults).toBe(0)
  })

  it('groups have an externalId, too', async () => {
    const { gateway } = subjectOf()
    const externalId = freshName('Ext')
    const body = { ...groupBody(freshName('group')), externalId }
    const { body: group } = await gateway.post('/Groups', body)
    expect(group).toMatchObject({ externalId })
    const search = async (id: string) =>
      (await gateway.get(filtered('/Groups', `externalId eq "${id}"`))).body.totalResults as number
    expect([await search(externalId), await search(externalId.toLowerCase())]).toEqual([1, 0])
    const path = `/Groups/${group.id}`
    await gateway.patch(path, patchOf({ op: 'replace', path: 'externalId', value: 'other' }))
    expect((await gateway.get(path)).body.externalId).toBe('other')
    await gateway.patch(path, patchOf({ op: 'remove', path: 'externalId' }))
    expect((await gateway.get(path)).body).not.toHaveProperty('externalId')
  })

  it('an entry without our class is served, and takes our attributes once it has it', async () => {
    const subject = subjectOf()
    const userName = freshName('older')
    const dn = subject.userDn(userName)
    await subject.applyLdif(subject.personLdif(dn, userName))
    const found = await subject.gateway.get(filtered('/Users', `userName eq "${userName}"`))
    const path = `/Users/${found.body.Resources[0].id}`
    const title = patchOf({ op: 'replace', path: 'title', value: 'Boss' })
    expect(await subject.gateway.patch(path, title)).toMatchObject({ status: 200 })
    const nickName = patchOf({ op: 'replace', path: 'nickName', value: 'Bo' })
    expectError(await subject.gateway.patch(path, nickName), {
      status: 400,
      scimType: 'invalidValue',
      detail: /nickName is not allowed for this kind of entry/,
    })
    await subject.applyLdif(
      `dn: ${dn}\nchangetype: modify\nadd: objectClass\nobjectClass: scimUser\n\n`,
    )
    const answer = await subject.gateway.patch(path, nickName)
    expect(answer).toMatchObject({ status: 200, body: { nickName: 'Bo', title: 'Boss' } })
  })
}

/** A user with every attribute of RFC 7643. */
function wholeUser(): Json {
  const { name, emails, phoneNumbers, addresses, [ENTERPRISE]: enterprise, ...user } = fullUser()
  const externalId = freshName('Ext')
  return {
    ...user,
    externalId,
    name: { ...name, middleName: 'Anna', honorificPrefix: 'Dr.', honorificSuffix: 'III' },
    nickName: 'Zo',
    locale: 'de-DE',
    timezone: 'Europe/Berlin',
    emails: [...emails, { type: 'home', value: 'zoe@example.net', display: 'Zoë at home' }],
    phoneNumbers: [...phoneNumbers, { type: 'other', value: 'ask "Bob"' }],
    addresses: [
      ...(addresses as readonly Json[]).map((address) =>
        address.type === 'work' ? { ...address, country: 'DE' } : { ...address, region: 'London' },
      ),
      { type: 'other', formatted: 'c/o Bob\n$ 5' },
    ],
    ims: [{ type: 'xmpp', value: 'zoe@chat.example.com' }],
    photos: [{ type: 'photo', value: `https://example.com/${externalId}.jpg`, primary: true }],
    entitlements: [{ value: 'vpn', display: 'VPN' }],
    roles: [{ value: 'approver', primary: true }, { value: 'auditor' }],
    x509Certificates: [{ value: 'bm8gY2VydGlmaWNhdGU=', display: 'none' }],
    [ENTERPRISE]: { ...enterprise, costCenter: 'CC-1' },
  }
}
