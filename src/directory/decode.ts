import { isUtf8 } from 'node:buffer'

import { ProtocolOperation } from 'ldapts'

import { CONTROLS } from '../ldap/control.ts'
import type { Dn } from '../ldap/dn.ts'
import { parseDn } from '../ldap/dn.ts'
import type { WriteResult } from '../ldap/directory.ts'
import type { Dereferenced, Entry } from '../ldap/entry.ts'
import { UnavailableError } from '../ldap/result.ts'
import { attributeKey } from '../ldap/value.ts'
import type { Value } from '../ldap/value.ts'
import { Reader, TAGS } from './reader.ts'

/** What a server sends (RFC 4511 §4.1.1), with the id of the message that it answers. */
export type Answer =
  | { readonly kind: 'entry'; readonly id: number; readonly entry: Entry | SyntaxError }
  | { readonly kind: 'result'; readonly id: number; readonly result: Result }
  /** Search references and intermediate responses: nothing that we asked for. */
  | { readonly kind: 'aside'; readonly id: number }

/** The end of an operation (RFC 4511 §4.1.9). */
export interface Result {
  /** The response's tag, which tells what it answers. */
  readonly tag: number
  readonly code: number
  readonly matchedDn: string
  readonly diagnostic: string
  /** What kind of extended response it is. */
  readonly responseName: string | undefined
  /** Control values by OID. */
  readonly controls: ReadonlyMap<string, Buffer>
}

const INTERMEDIATE = 0x79

/** @throws {Error} Where `message` is not an LDAP message that a server may send. */
export function decodeMessage(message: Buffer): Answer {
  const reader = new Reader(message).sequence()
  const id = reader.integer()
  const tag = reader.tag ?? 0
  const operation = reader.sequence(tag)
  switch (tag) {
    case ProtocolOperation.LDAP_RES_SEARCH_ENTRY:
      return { kind: 'entry', id, entry: decodeEntry(operation, decodeControls(reader)) }
    case ProtocolOperation.LDAP_RES_SEARCH_REF:
    case INTERMEDIATE:
      return { kind: 'aside', id }
    case ProtocolOperation.LDAP_RES_BIND:
    case ProtocolOperation.LDAP_RES_SEARCH:
    case ProtocolOperation.LDAP_RES_MODIFY:
    case ProtocolOperation.LDAP_RES_ADD:
    case ProtocolOperation.LDAP_RES_DELETE:
    case ProtocolOperation.LDAP_RES_MODRDN:
    case ProtocolOperation.LDAP_RES_EXTENSION:
      return { kind: 'result', id, result: decodeResult(tag, operation, decodeControls(reader)) }
    default:
      throw new SyntaxError(`no response has the tag 0x${tag.toString(16)}`)
  }
}

/**
 * What pre-read and post-read control returned (RFC 4527 §3).
 *
 * @throws {Error} Where a control's value is malformed.
 */
export function readControls({ controls }: Result): WriteResult {
  const before = readControlEntry(controls.get(CONTROLS.preRead))
  const after = readControlEntry(controls.get(CONTROLS.postRead))
  return { ...(before !== undefined && { before }), ...(after !== undefined && { after }) }
}

function readControlEntry(value: Buffer | undefined): Entry | undefined {
  if (value === undefined) return undefined
  const reader = new Reader(value)
  const entry = decodeEntry(reader.sequence(reader.tag ?? 0), new Map())
  if (entry instanceof SyntaxError) throw entry
  return entry
}

/**
 * Where the next page begins (RFC 2696 §3); `undefined` after the last one.
 *
 * @throws {Error} Where the control's value is malformed.
 */
export function pageCookie({ controls }: Result): Buffer | undefined {
  const value = controls.get(CONTROLS.pagedResults)
  if (value === undefined) return undefined
  const reader = new Reader(value).sequence()
  reader.integer()
  const cookie = reader.octets(TAGS.octetString)
  return cookie.length === 0 ? undefined : Buffer.from(cookie)
}

/**
 * A value without loss: text where the octets are UTF-8, else a copy of them, so that it does not
 * hold the whole message in memory.
 */
export function decodeValue(octets: Buffer): Value {
  return isUtf8(octets) ? octets.toString('utf8') : new Uint8Array(octets)
}

/** An entry whose name is no DN fails by itself: its connection is sound. */
function decodeEntry(reader: Reader, controls: ReadonlyMap<string, Buffer>): Entry | SyntaxError {
  const name = reader.text()
  const attributes = decodeAttributes(reader.sequence())
  const dereference = controls.get(CONTROLS.dereference)
  const dereferenced = dereference && decodeDereferenced(dereference)
  const dn = decodeDn(name)
  if (dn instanceof SyntaxError) return dn
  return dereferenced === undefined ? { dn, attributes } : { dn, attributes, dereferenced }
}

function decodeDn(name: string): Dn | SyntaxError {
  try {
    return parseDn(name, { from: 'server' })
  } catch (error) {
    if (error instanceof SyntaxError) return new SyntaxError(`${name}: ${error.message}`)
    throw error
  }
}

function decodeAttributes(reader: Reader): ReadonlyMap<string, readonly Value[]> {
  const attributes = new Map<string, readonly Value[]>()
  while (!reader.done) {
    const attribute = reader.sequence()
    const key = attributeKey(attribute.text())
    const set = attribute.sequence(TAGS.set)
    const values: Value[] = []
    while (!set.done) values.push(decodeValue(set.octets(TAGS.octetString)))
    if (values.length > 0) attributes.set(key, values)
  }
  return attributes
}

/** Octets of a dereference control that are decoded at once; more are when they are needed. */
const READ_LATER = 256 * 1024

/** draft-masarati-ldap-deref §2.4: a list of (attribute followed, DN, attributes of that entry). */
function decodeDereferenced(octets: Buffer): ReadonlyMap<string, Iterable<Dereferenced>> {
  if (octets.length > READ_LATER) return dereferencedLater(octets)
  const dereferenced = new Map<string, Dereferenced[]>()
  const reader = new Reader(octets).sequence()
  while (!reader.done) {
    const item = reader.sequence()
    const key = attributeKey(item.text())
    const value = decodeDereference(item)
    const known = dereferenced.get(key)
    if (known === undefined) dereferenced.set(key, [value])
    else known.push(value)
  }
  return dereferenced
}

/** Where the items begin, by attribute; each time somebody goes through them they are decoded. */
function dereferencedLater(octets: Buffer): ReadonlyMap<string, Iterable<Dereferenced>> {
  const starts = new Map<string, number[]>()
  const reader = new Reader(octets).sequence()
  while (!reader.done) {
    const start = reader.position
    const key = attributeKey(reader.sequence().text())
    const known = starts.get(key)
    if (known === undefined) starts.set(key, [start])
    else known.push(start)
  }
  return new Map(
    [...starts].map(([key, own]) => [key, { [Symbol.iterator]: () => decodedAt(octets, own) }]),
  )
}

function* decodedAt(octets: Buffer, starts: readonly number[]): Generator<Dereferenced> {
  for (const start of starts) {
    yield decodedLate(() => {
      const item = new Reader(octets, start).sequence()
      item.skip()
      return decodeDereference(item)
    })
  }
}

/** Its connection has gone on meanwhile: what is malformed fails by itself. */
function decodedLate<T>(decode: () => T): T {
  try {
    return decode()
  } catch (cause) {
    throw new UnavailableError('the server sent a malformed control', { sent: true, cause })
  }
}

/** The rest of an item, behind the attribute that was followed. */
function decodeDereference(item: Reader): Dereferenced {
  const dn = item.text()
  const attributes = item.tag === 0xa0 ? decodeAttributes(item.sequence(0xa0)) : new Map()
  return { dn, attributes }
}

function decodeResult(tag: number, reader: Reader, controls: ReadonlyMap<string, Buffer>): Result {
  const code = reader.integer(TAGS.enumerated)
  const matchedDn = reader.text()
  const diagnostic = reader.text()
  let responseName: string | undefined
  while (!reader.done) {
    if (reader.tag === TAGS.responseName) {
      responseName = reader.octets(TAGS.responseName).toString('latin1')
    } else reader.skip()
  }
  return { tag, code, matchedDn, diagnostic, responseName, controls }
}

function decodeControls(reader: Reader): ReadonlyMap<string, Buffer> {
  const controls = new Map<string, Buffer>()
  if (reader.tag !== TAGS.controls) return controls
  const list = reader.sequence(TAGS.controls)
  while (!list.done) {
    const control = list.sequence()
    const oid = control.text()
    if (control.tag === TAGS.boolean) control.skip()
    if (!control.done) controls.set(oid, control.octets(TAGS.octetString))
  }
  return controls
}
