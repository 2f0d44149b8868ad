/** Tags of DER (X.690 §8) that a certificate is made of. */
const TAG = {
  integer: 0x02,
  bitString: 0x03,
  oid: 0x06,
  sequence: 0x30,
  set: 0x31,
  version: 0xa0,
  extensions: 0xa3,
} as const

/** One element of DER: its tag, and where its content stands. */
interface Element {
  readonly tag: number
  readonly start: number
  readonly end: number
}

/**
 * Whether octets have the form of an X.509 certificate (RFC 5280 §4.1), as far as servers look
 * before they take one: the parts of it in their order, and an issuer that is a name.
 */
export function isCertificate(octets: Uint8Array): boolean {
  const [whole, ...after] = elementsIn(octets, 0, octets.length) ?? []
  if (whole?.tag !== TAG.sequence || after.length > 0) return false
  const parts = childrenOf(octets, whole)
  const [signed] = parts
  if (signed === undefined || !haveTags(parts, [TAG.sequence, TAG.sequence, TAG.bitString])) {
    return false
  }
  const all = childrenOf(octets, signed)
  const fields = all[0]?.tag === TAG.version ? all.slice(1) : all
  // Serial number, algorithm, issuer, validity, subject, public key; then what later versions have.
  const needed = [TAG.integer, ...Array.from({ length: 5 }, () => TAG.sequence)]
  const issuer = fields[2]
  return (
    issuer !== undefined &&
    haveTags(fields.slice(0, needed.length), needed) &&
    fields.slice(needed.length).every(({ tag }) => tag > TAG.version && tag <= TAG.extensions) &&
    isName(octets, issuer)
  )
}

/** RDNs as sets of type and value; an empty name is one, too. */
function isName(octets: Uint8Array, name: Element): boolean {
  const rdns = elementsIn(octets, name.start, name.end)
  return (
    rdns?.every((rdn) => {
      const pairs = rdn.tag === TAG.set ? childrenOf(octets, rdn) : []
      return (
        pairs.length > 0 &&
        pairs.every((pair) => {
          const [type, value, more] = pair.tag === TAG.sequence ? childrenOf(octets, pair) : []
          return type?.tag === TAG.oid && value !== undefined && more === undefined
        })
      )
    }) ?? false
  )
}

function haveTags(elements: readonly Element[], tags: readonly number[]): boolean {
  return elements.length === tags.length && elements.every(({ tag }, index) => tag === tags[index])
}

function childrenOf(octets: Uint8Array, { start, end }: Element): readonly Element[] {
  return elementsIn(octets, start, end) ?? []
}

/** The elements that fill a range of octets to its end; nothing where they do not. */
function elementsIn(octets: Uint8Array, from: number, to: number): readonly Element[] | undefined {
  const elements: Element[] = []
  for (let at = from; at < to;) {
    const element = elementAt(octets, at, to)
    if (element === undefined) return undefined
    elements.push(element)
    at = element.end
  }
  return elements
}

/** Lengths are definite and in their shortest form (X.690 §10.1); tags have one octet. */
function elementAt(octets: Uint8Array, at: number, to: number): Element | undefined {
  const [tag = 0, first = 0x80] = octets.subarray(at, at + 2)
  const count = first < 0x80 ? 0 : first - 0x80
  const digits = octets.subarray(at + 2, at + 2 + count)
  if ((tag & 0x1f) === 0x1f || first === 0x80 || count > 4 || digits[0] === 0) return undefined
  const length = count === 0 ? first : digits.reduce((sum, digit) => sum * 256 + digit, 0)
  const start = at + 2 + count
  const end = start + length
  return digits.length === count && (count === 0 || length >= 0x80) && end <= to
    ? { tag, start, end }
    : undefined
}
