import type { BerWriter } from 'ldapts'
import { Filter, SearchFilter } from 'ldapts'

import type { Filter as LdapFilter } from '../ldap/filter.ts'
import { not, present } from '../ldap/filter.ts'
import type { Value } from '../ldap/value.ts'
import { bytesOf } from '../ldap/value.ts'

type Substrings = Extract<LdapFilter, { kind: 'substrings' }>
type Extensible = Extract<LdapFilter, { kind: 'extensible' }>

/**
 * Our filter where ldapts wants one of its own, whose classes turn octets into text in all
 * assertions but equality.
 */
export class WireFilter extends Filter {
  override type = SearchFilter.and
  private readonly filter: LdapFilter

  constructor(filter: LdapFilter) {
    super()
    this.filter = filter
  }

  override write(writer: BerWriter): void {
    writeFilter(writer, this.filter)
  }

  override toString(): string {
    return 'filter'
  }
}

/** Writes a filter (RFC 4511 §4.5.1.7). */
export function writeFilter(writer: BerWriter, filter: LdapFilter): void {
  switch (filter.kind) {
    case 'and':
    case 'or':
      if (filter.filters.length === 0) {
        return writeFilter(writer, { kind: filter.kind === 'and' ? 'true' : 'false' })
      }
      writer.startSequence(SearchFilter[filter.kind])
      for (const part of filter.filters) writeFilter(writer, part)
      return writer.endSequence()
    case 'not':
      writer.startSequence(SearchFilter.not)
      writeFilter(writer, filter.filter)
      return writer.endSequence()
    case 'present':
      return writer.writeString(filter.attribute, SearchFilter.present)
    case 'equal':
    case 'greaterOrEqual':
    case 'lessOrEqual':
    case 'approximate':
      writer.startSequence(COMPARISONS[filter.kind])
      writer.writeString(filter.attribute)
      writeOctets(writer, filter.value, 0x04)
      return writer.endSequence()
    case 'substrings':
      return writeSubstrings(writer, filter)
    case 'extensible':
      return writeExtensible(writer, filter)
    case 'true':
      // 389 Directory Server refuses the empty conjunction of RFC 4526; every entry has a class.
      return writeFilter(writer, EVERY_ENTRY)
    case 'false':
      return writeFilter(writer, NO_ENTRY)
  }
}

const EVERY_ENTRY = present('objectClass')
const NO_ENTRY = not(EVERY_ENTRY)

const COMPARISONS = {
  equal: SearchFilter.equalityMatch,
  greaterOrEqual: SearchFilter.greaterOrEqual,
  lessOrEqual: SearchFilter.lessOrEqual,
  approximate: SearchFilter.approxMatch,
} as const

/** Empty pieces say nothing and are no substrings on the wire; without any piece it is a presence. */
function writeSubstrings(writer: BerWriter, { attribute, initial, any, final }: Substrings): void {
  const pieces = [
    { tag: 0x80, text: initial ?? '' },
    ...any.map((text) => ({ tag: 0x81, text })),
    { tag: 0x82, text: final ?? '' },
  ].filter(({ text }) => text !== '')
  if (pieces.length === 0) return writeFilter(writer, present(attribute))
  writer.startSequence(SearchFilter.substrings)
  writer.writeString(attribute)
  writer.startSequence()
  for (const { tag, text } of pieces) writer.writeString(text, tag)
  writer.endSequence()
  writer.endSequence()
}

function writeExtensible(writer: BerWriter, filter: Extensible): void {
  writer.startSequence(SearchFilter.extensibleMatch)
  if (filter.rule !== undefined) writer.writeString(filter.rule, 0x81)
  if (filter.attribute !== undefined) writer.writeString(filter.attribute, 0x82)
  writeOctets(writer, filter.value, 0x83)
  if (filter.dnAttributes) writer.writeBoolean(true, 0x84)
  writer.endSequence()
}

function writeOctets(writer: BerWriter, value: Value, tag: number): void {
  writer.writeBuffer(Buffer.from(bytesOf(value)), tag)
}
