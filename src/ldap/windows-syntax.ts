const TICKS_PER_MS = 10_000n
/** Milliseconds between 1601 and 1970. */
const SINCE_1601 = 11_644_473_600_000n
const NEVER = 2n ** 63n - 1n

/**
 * Milliseconds since 1970 of a FILETIME (ticks of 100 ns since 1601, MS-DTYP §2.3.3), cut off.
 *
 * @returns `undefined` for 0 and 2⁶³−1, which both mean "never", and for any other text.
 */
export function parseFileTime(text: string): number | undefined {
  if (!/^[0-9]{1,19}$/.test(text)) return undefined
  const ticks = BigInt(text)
  if (ticks === 0n || ticks >= NEVER) return undefined
  return Number(ticks / TICKS_PER_MS - SINCE_1601)
}

/** @throws {RangeError} For what is not after 1601, since 0 means "never". */
export function formatFileTime(millis: number): string {
  const ticks = (BigInt(millis) + SINCE_1601) * TICKS_PER_MS
  if (ticks <= 0n || ticks >= NEVER) throw new RangeError(`${millis} ms: no FILETIME says that`)
  return String(ticks)
}

/** Where the octets of a GUID stand in its text: the first three fields are little-endian (MS-DTYP §2.3.4). */
const GUID_ORDER = [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15]
const GUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

/** The text of a GUID in lower case; `undefined` where the octets are none. */
export function formatGuid(octets: Uint8Array): string | undefined {
  if (octets.length !== 16) return undefined
  const hex = GUID_ORDER.map((at) => (octets[at] ?? 0).toString(16).padStart(2, '0')).join('')
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
}

/** The octets of a GUID in text; `undefined` where it is none. */
export function parseGuid(text: string): Uint8Array | undefined {
  if (!GUID.test(text)) return undefined
  const hex = Buffer.from(text.replaceAll('-', ''), 'hex')
  return Uint8Array.from(GUID_ORDER, (at) => hex[at] ?? 0)
}

/** The text of a security identifier, `S-1-5-21-…` (MS-DTYP §2.4.2); `undefined` where the octets are none. */
export function formatSid(octets: Uint8Array): string | undefined {
  const [revision, count = 0] = octets
  if (revision !== 1 || count > 15 || octets.length !== 8 + 4 * count) return undefined
  const view = Buffer.from(octets)
  const parts = Array.from({ length: count }, (_, index) => view.readUInt32LE(8 + 4 * index))
  return ['S', 1, view.readUIntBE(2, 6), ...parts].join('-')
}

/** The octets of a security identifier in text; `undefined` where it is none. */
export function parseSid(text: string): Uint8Array | undefined {
  const match = /^S-1-([0-9]{1,15})((?:-[0-9]{1,10}){0,15})$/i.exec(text)
  if (match === null) return undefined
  const [, authority = '', rest = ''] = match
  const parts = rest.split('-').slice(1).map(Number)
  if (Number(authority) >= 2 ** 48 || parts.some((part) => part >= 2 ** 32)) return undefined
  const octets = Buffer.alloc(8 + 4 * parts.length)
  octets.writeUInt8(1, 0)
  octets.writeUInt8(parts.length, 1)
  octets.writeUIntBE(Number(authority), 2, 6)
  parts.forEach((part, index) => octets.writeUInt32LE(part, 8 + 4 * index))
  return Uint8Array.from(octets)
}
