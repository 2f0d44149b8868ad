import type { BerWriter, Client } from 'ldapts'
import { Attribute, Change, Control, Filter, SearchFilter } from 'ldapts'
import {
  addControls,
  deleteControls,
  modifyControls,
  searchControls,
} from '../src/directory/encode-controls.ts'
import { writeFilter } from '../src/directory/encode-filter.ts'
import { printDn } from '../src/ldap/dn.ts'
import type { Filter as LdapFilter } from '../src/ldap/filter.ts'
import { bytesOf } from '../src/ldap/value.ts'
import type { Value } from '../src/ldap/value.ts'
import type { Recorded } from './record.ts'

/** An operation with everything made that can be made beforehand; ldapts does the rest. */
export type Prepared = (client: Client) => Promise<unknown>

const TIME_LIMIT = 30 // s, as the gateway's
const SCOPES = { base: 'base', one: 'one', subtree: 'sub' } as const

/** The same octets as the gateway sends, through ldapts' own client. */
export function prepare(operation: Recorded): Prepared {
  switch (operation.kind) {
    case 'search':
    case 'pages': {
      const { base, scope, filter, attributes, sizeLimit = 0 } = operation.search
      const dn = printDn(base)
      const options = {
        scope: SCOPES[scope],
        filter: new RecordedFilter(filter),
        attributes: attributes.length === 0 ? ['1.1'] : [...attributes],
        sizeLimit,
        timeLimit: TIME_LIMIT,
        ...(operation.kind === 'pages' && { paged: { pageSize: operation.size } }),
      }
      const controls = recorded(searchControls(operation.search, undefined))
      return (client) => client.search(dn, options, controls)
    }
    case 'add': {
      const dn = printDn(operation.add.dn)
      const attributes = operation.add.attributes
        .filter(({ values }) => values.length > 0)
        .map(({ name, values }) => attributeOf(name, values))
      const controls = recorded(addControls(operation.add))
      return (client) => client.add(dn, attributes, controls)
    }
    case 'modify': {
      const dn = operation.modify.target ?? printDn(operation.modify.dn)
      const changes = operation.modify.changes.map(
        ({ kind, attribute, values }) =>
          new Change({ operation: kind, modification: attributeOf(attribute, values) }),
      )
      const controls = recorded(modifyControls(operation.modify))
      return (client) => client.modify(dn, changes, controls)
    }
    case 'delete': {
      const dn = operation.delete.target ?? printDn(operation.delete.dn)
      const controls = recorded(deleteControls(operation.delete))
      return (client) => client.del(dn, controls)
    }
  }
}

function attributeOf(type: string, values: readonly Value[]): Attribute {
  return new Attribute({
    type,
    values: values.map((value) =>
      typeof value === 'string' ? value : Buffer.from(bytesOf(value)),
    ) as string[] | Buffer[],
  })
}

/*
 * ldapts turns every message into JSON for its debug log, wanted or not. Octets are slow there and
 * would count against it, so these two keep theirs where JSON does not see them.
 */

class RecordedFilter extends Filter {
  override type = SearchFilter.and
  readonly #filter: LdapFilter

  constructor(filter: LdapFilter) {
    super()
    this.#filter = filter
  }

  override write(writer: BerWriter): void {
    writeFilter(writer, this.#filter)
  }

  override toString(): string {
    return 'filter'
  }
}

class RecordedControl extends Control {
  readonly #control: Control

  constructor(control: Control) {
    super(control.type, { critical: control.critical })
    this.#control = control
  }

  override write(writer: BerWriter): void {
    this.#control.write(writer)
  }
}

function recorded(controls: readonly Control[]): Control[] {
  return controls.map((control) => new RecordedControl(control))
}
