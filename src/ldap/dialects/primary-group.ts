import type { PrimaryGroup } from '../dialect.ts'
import type { Entry } from '../entry.ts'
import { firstText, valuesOf } from '../entry.ts'
import { equal } from '../filter.ts'
import type { Value } from '../value.ts'
import { bytesOf } from '../value.ts'
import { formatSid, parseSid } from '../windows-syntax.ts'

/** Relative identifiers below are of the domain's own groups, such as Domain Users (MS-DTYP §2.4.2.4). */
const FIRST_RID = 1000
const RID_OCTETS = 4
const NAME = /^<SID=(S-1-[\d-]+)>$/

/**
 * The group in `primaryGroupID`, the relative identifier of a group of the user's own domain. It is
 * not in `memberOf`, and its `member` does not name the user.
 */
export const primaryGroup: PrimaryGroup = {
  attributes: ['primaryGroupID', 'objectSid'],
  identity: 'objectSid',
  nameIn(entry) {
    const [own] = valuesOf(entry, 'objectSid')
    const rid = Number(firstText(entry, 'primaryGroupID'))
    if (own === undefined || !(rid >= FIRST_RID)) return undefined
    const sid = Uint8Array.from(bytesOf(own))
    new DataView(sid.buffer).setUint32(sid.length - RID_OCTETS, rid, true)
    return nameOfSid(sid)
  },
  nameOf(group) {
    const [sid] = valuesOf(group, 'objectSid')
    return sid === undefined ? undefined : nameOfSid(sid)
  },
  filterOfName(name) {
    const sid = parseSid(NAME.exec(name)?.[1] ?? '')
    return sid && equal('objectSid', sid)
  },
  any: { kind: 'greaterOrEqual', attribute: 'primaryGroupID', value: String(FIRST_RID) },
  filterOfUsers(group) {
    const rid = ridOf(group)
    return rid === undefined || rid < FIRST_RID
      ? { kind: 'false' }
      : equal('primaryGroupID', String(rid))
  },
}

function nameOfSid(sid: Value): string | undefined {
  const text = formatSid(bytesOf(sid))
  return text && `<SID=${text}>`
}

function ridOf(group: Pick<Entry, 'attributes'>): number | undefined {
  const [value] = valuesOf(group, 'objectSid')
  if (value === undefined) return undefined
  const sid = Uint8Array.from(bytesOf(value))
  return new DataView(sid.buffer).getUint32(sid.length - RID_OCTETS, true)
}
