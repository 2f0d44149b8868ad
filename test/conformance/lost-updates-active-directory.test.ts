import { expect, it } from 'vitest'
import { describeSamba } from '../support/here.ts'
import { Register } from '../support/register.ts'
import { startSambaSubject } from './active-directory-subject.ts'
import { lostUpdates } from './lost-updates.ts'
import { makeUser, patchOf } from './subject.ts'

/** ADS_UF_NORMAL_ACCOUNT and ADS_UF_DONT_EXPIRE_PASSWD (MS-ADTS §2.2.16). */
const SET_BY_SOMEBODY_ELSE = 0x10200
const DISABLED = 0x2

const certificates = {
  attribute: 'x509Certificates',
  value: (index: number) => Buffer.from(`certificate ${index}`).toString('base64'),
}

describeSamba('Active Directory', () => {
  lostUpdates('as Samba has it', certificates, startSambaSubject, (subjectOf, inTurns) => {
    it('userAccountControl is on or off as whoever came last said, its other bits as they were', async () => {
      const subject = subjectOf()
      const user = await makeUser(subject)
      const dn = subject.userDn(user.userName)
      await subject.applyLdif(
        `dn: ${dn}\nchangetype: modify\nreplace: userAccountControl\nuserAccountControl: ${SET_BY_SOMEBODY_ELSE}\n\n`,
      )
      const register = new Register(true)
      await inTurns(async (gateway, client, round) => {
        const from = performance.now()
        const value = (client + round) % 2 === 0
        const operation = { op: 'replace', path: 'active', value }
        const { status, body } = await gateway.patch(`/Users/${user.id}`, patchOf(operation))
        expect({ status, id: body.id }).toEqual({ status: 200, id: user.id })
        register.note(value, from, performance.now())
      })
      const bits = Number((await subject.read(dn))?.attributes.userAccountControl?.[0])
      expect(bits & ~DISABLED).toBe(SET_BY_SOMEBODY_ELSE)
      expect(register.possible).toContain((bits & DISABLED) === 0)
    })
  })
})
