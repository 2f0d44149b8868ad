import { BerWriter, Control } from 'ldapts'

import { CONTROLS } from '../ldap/control.ts'
import type { Filter } from '../ldap/filter.ts'
import type { Add, Delete, Dereference, Modify, Rename, Search } from '../ldap/operation.ts'
import { writeFilter } from './encode-filter.ts'

/** One page of a search (RFC 2696): how large, and where it begins. */
export interface Page {
  readonly size: number
  /** From the page before; absent for the first one. */
  readonly cookie?: Buffer
}

export function searchControls(search: Search, page: Page | undefined): Control[] {
  return [
    ...(search.dereference?.length ? [dereference(search.dereference)] : []),
    ...(page === undefined ? [] : [pagedResults(page)]),
  ]
}

export function addControls({ postRead }: Add): Control[] {
  return readControl(CONTROLS.postRead, postRead)
}

export function modifyControls(modify: Modify): Control[] {
  return [
    ...assertion(modify.assertion),
    ...(modify.permissive ? [new WireControl(CONTROLS.permissiveModify, true)] : []),
    ...readControl(CONTROLS.preRead, modify.preRead),
    ...readControl(CONTROLS.postRead, modify.postRead),
  ]
}

export function renameControls(rename: Rename): Control[] {
  return [
    ...assertion(rename.assertion),
    ...readControl(CONTROLS.preRead, rename.preRead),
    ...readControl(CONTROLS.postRead, rename.postRead),
  ]
}

export function deleteControls(operation: Delete): Control[] {
  return [...assertion(operation.assertion), ...readControl(CONTROLS.preRead, operation.preRead)]
}

/** The BER of a sequence. */
export function sequenceOf(write: (writer: BerWriter) => void): Buffer {
  const writer = new BerWriter()
  writer.startSequence()
  write(writer)
  writer.endSequence()
  return writer.buffer
}

/** RFC 4528 §3: the value is a filter. */
function assertion(filter: Filter | undefined): Control[] {
  if (filter === undefined) return []
  const writer = new BerWriter()
  writeFilter(writer, filter)
  return [new WireControl(CONTROLS.assertion, true, writer.buffer)]
}

/** RFC 4527 §3. Not critical: a server that cannot return the entry shall do the write all the same. */
function readControl(oid: string, attributes: readonly string[] | undefined): Control[] {
  if (attributes === undefined) return []
  const names = attributes.length === 0 ? ['1.1'] : attributes
  const value = sequenceOf((writer) => names.forEach((name) => writer.writeString(name)))
  return [new WireControl(oid, false, value)]
}

/** draft-masarati-ldap-deref §2.3 */
function dereference(wanted: readonly Dereference[]): Control {
  const value = sequenceOf((writer) => {
    for (const { attribute, attributes } of wanted) {
      writer.startSequence()
      writer.writeString(attribute)
      writer.startSequence()
      for (const name of attributes) writer.writeString(name)
      writer.endSequence()
      writer.endSequence()
    }
  })
  return new WireControl(CONTROLS.dereference, true, value)
}

/** RFC 4370 §3: the identity as it is; critical, for without the control others' rights would count. */
export function proxiedAuthorization(identity: string): Control {
  return new WireControl(CONTROLS.proxiedAuthorization, true, Buffer.from(identity))
}

function pagedResults({ size, cookie }: Page): Control {
  const value = sequenceOf((writer) => {
    writer.writeInt(size)
    writer.writeBuffer(cookie ?? Buffer.alloc(0), 0x04)
  })
  return new WireControl(CONTROLS.pagedResults, true, value)
}

class WireControl extends Control {
  private readonly value: Buffer | undefined

  constructor(oid: string, critical: boolean, value?: Buffer) {
    super(oid, { critical })
    this.value = value
  }

  protected override writeControl(writer: BerWriter): void {
    if (this.value !== undefined) writer.writeBuffer(this.value, 0x04)
  }
}
