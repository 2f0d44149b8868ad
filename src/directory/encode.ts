import type { BerWriter, Message } from 'ldapts'
import {
  AddRequest,
  Attribute,
  Change,
  DeleteRequest,
  ExtendedRequest,
  ModifyDNRequest,
  ModifyRequest,
  ProtocolOperation,
  SearchRequest,
} from 'ldapts'

import type { Change as LdapChange } from '../ldap/change.ts'
import { EXTENSIONS } from '../ldap/control.ts'
import { printDn, printRdn } from '../ldap/dn.ts'
import type { Add, Delete, Modify, PasswordModify, Rename, Search } from '../ldap/operation.ts'
import type { Value } from '../ldap/value.ts'
import { bytesOf } from '../ldap/value.ts'
import type { Page } from './encode-controls.ts'
import {
  addControls,
  deleteControls,
  modifyControls,
  proxiedAuthorization,
  renameControls,
  searchControls,
  sequenceOf,
} from './encode-controls.ts'
import { WireFilter } from './encode-filter.ts'

/** An operation on its way to a connection, which gives it its message id. */
export interface Request {
  /** What an error calls it. */
  readonly operation: string
  /** The tag of the response that ends it. */
  readonly response: number
  /** Entries after which a search is cut off, even by a server that does not count. */
  readonly sizeLimit?: number
  message(id: number): Message
}

/** A search, or one page of it; the server may take `timeLimitMs` for it. */
export function encodeSearch(search: Search, timeLimitMs: number, page?: Page): Request {
  const options = {
    baseDN: printDn(search.base),
    scope: SCOPES[search.scope],
    filter: new WireFilter(search.filter),
    attributes: search.attributes.length === 0 ? ['1.1'] : [...search.attributes],
    sizeLimit: search.sizeLimit ?? 0,
    timeLimit: Math.ceil(timeLimitMs / 1000),
    controls: searchControls(search, page),
  }
  return {
    operation: 'search',
    response: ProtocolOperation.LDAP_RES_SEARCH,
    message: (messageId) => new SearchRequest({ ...options, messageId }),
    ...(search.sizeLimit === undefined ? {} : { sizeLimit: search.sizeLimit }),
  }
}

export function encodeAdd(add: Add): Request {
  const dn = printDn(add.dn)
  const attributes = add.attributes
    .filter(({ values }) => values.length > 0)
    .map(({ name, values }) => wireAttribute(name, values))
  const controls = addControls(add)
  return {
    operation: 'add',
    response: ProtocolOperation.LDAP_RES_ADD,
    message: (messageId) => new AddRequest({ messageId, dn, attributes, controls }),
  }
}

export function encodeModify(modify: Modify): Request {
  const dn = modify.target ?? printDn(modify.dn)
  const { increment } = modify
  const changes = [
    ...modify.changes.map(wireChange),
    ...(increment === undefined
      ? []
      : [
          new WireIncrement({
            modification: wireAttribute(increment.attribute, [String(increment.by)]),
          }),
        ]),
  ]
  const controls = modifyControls(modify)
  return {
    operation: 'modify',
    response: ProtocolOperation.LDAP_RES_MODIFY,
    message: (messageId) => new ModifyRequest({ messageId, dn, changes, controls }),
  }
}

export function encodeRename(rename: Rename): Request {
  const options = {
    dn: printDn(rename.dn),
    newRdn: printRdn(rename.rdn),
    deleteOldRdn: rename.keepsOldRdn !== true,
    controls: renameControls(rename),
    ...(rename.superior === undefined ? {} : { newSuperior: printDn(rename.superior) }),
  }
  return {
    operation: 'rename',
    response: ProtocolOperation.LDAP_RES_MODRDN,
    message: (messageId) => new ModifyDNRequest({ ...options, messageId }),
  }
}

export function encodeDelete(operation: Delete): Request {
  const dn = operation.target ?? printDn(operation.dn)
  const controls = deleteControls(operation)
  return {
    operation: 'delete',
    response: ProtocolOperation.LDAP_RES_DELETE,
    message: (messageId) => new DeleteRequest({ messageId, dn, controls }),
  }
}

/** RFC 3062 §2: userIdentity [0], newPasswd [2]. */
export function encodePasswordModify({ dn, newPassword }: PasswordModify): Request {
  const value = sequenceOf((writer) => {
    writer.writeString(printDn(dn), 0x80)
    writer.writeString(newPassword, 0x82)
  })
  return encodeExtended('password modify', EXTENSIONS.passwordModify, value)
}

/** The same request with the rights of somebody else. */
export function actingAs(request: Request, identity: string | undefined): Request {
  if (identity === undefined) return request
  return {
    ...request,
    message: (id) => {
      const message = request.message(id)
      message.controls = [...(message.controls ?? []), proxiedAuthorization(identity)]
      return message
    },
  }
}

export function encodeExtended(operation: string, oid: string, value?: Buffer): Request {
  return {
    operation,
    response: ProtocolOperation.LDAP_RES_EXTENSION,
    message: (messageId) =>
      new ExtendedRequest({ messageId, oid, ...(value === undefined ? {} : { value }) }),
  }
}

const SCOPES = { base: 'base', one: 'one', subtree: 'sub' } as const

function wireAttribute(name: string, values: readonly Value[]): Attribute {
  return new Attribute({ type: name, values: values.map((value) => Buffer.from(bytesOf(value))) })
}

function wireChange({ kind, attribute, values }: LdapChange): Change {
  return new Change({ operation: kind, modification: wireAttribute(attribute, values) })
}

/** RFC 4525 §2, which ldapts does not know. */
class WireIncrement extends Change {
  override write(writer: BerWriter): void {
    writer.startSequence()
    writer.writeEnumeration(3)
    this.modification.write(writer)
    writer.endSequence()
  }
}
