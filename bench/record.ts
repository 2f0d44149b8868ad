import { once } from 'node:events'
import { createServer } from 'node:http'
import type { RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Configuration } from '../src/config/load.ts'
import { memoryCounters } from '../src/counters/memory.ts'
import { createDirectory } from '../src/directory/client.ts'
import { NO_BREAKER } from '../src/gateway/breaker.ts'
import { createGateway } from '../src/gateway/gateway.ts'
import { createApp } from '../src/http/app.ts'
import { Attempts } from '../src/http/attempts.ts'
import { Concurrency } from '../src/http/concurrency.ts'
import type { RequestLog } from '../src/http/logging.ts'
import { Metrics } from '../src/http/metrics.ts'
import type { Directory } from '../src/ldap/directory.ts'
import type { Dn } from '../src/ldap/dn.ts'
import type { Filter } from '../src/ldap/filter.ts'
import { equal } from '../src/ldap/filter.ts'
import type { Add, Delete, Modify, Search } from '../src/ldap/operation.ts'
import { newPassword } from '../src/password.ts'
import { createSeal } from '../src/seal.ts'
import { ScimClient } from './scim.ts'
import type { ScimRequest } from './scenarios.ts'
import type { Unit } from './slots.ts'

/** An LDAP operation that the gateway sent, to be sent again. */
export type Recorded =
  | { readonly kind: 'search'; readonly search: Search }
  /** A paged search, and of how many pages it turned out to be. */
  | { readonly kind: 'pages'; readonly search: Search; readonly size: number; pages: number }
  | { readonly kind: 'add'; readonly add: Add }
  | { readonly kind: 'modify'; readonly modify: Modify }
  | { readonly kind: 'delete'; readonly delete: Delete }

/** The LDAP operations of one SCIM request. */
export type Sequence = readonly Recorded[]

/** A gateway inside this process whose every LDAP operation is written down. */
export interface Recorder {
  /** Its endpoint. */
  readonly url: string
  /** Sends the requests one after the other; a sequence for each. */
  record(units: readonly Unit<ScimRequest>[]): Promise<readonly Unit<Sequence>[]>
  close(): Promise<void>
}

export async function startRecorder(
  { endpoints, listen, limits }: Configuration,
  token: string,
): Promise<Recorder> {
  const [endpoint] = endpoints
  if (endpoint === undefined) throw new Error('no endpoint')
  const { options, rules, lookThrough, directory: directoryOptions } = endpoint
  const directory = createDirectory(directoryOptions)
  let heard: Recorded[] = []
  const gateway = createGateway({
    audit: () => {},
    rules,
    directory: recording(directory, (operation) => heard.push(operation)),
    seal: createSeal(undefined, 3600),
    lookThrough,
    bulk: { maxOperations: listen.bulkLimit, maxPayloadSize: listen.bodyLimit },
    now: () => performance.now(),
    newPassword,
    breaker: () => NO_BREAKER,
  })
  const counters = memoryCounters()
  const parts = {
    options: listen,
    limits,
    counters,
    concurrency: new Concurrency(),
    attempts: new Attempts(counters, limits.failedAttempts),
    log: SILENT,
    metrics: new Metrics(),
  }
  const app = createApp([{ options, gateway }], parts) as RequestListener
  const server = createServer(app).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo // it listens on TCP
  const url = `http://127.0.0.1:${port}${options.path}`
  const client = new ScimClient(url, token)

  async function recordUnit(unit: Unit<ScimRequest>): Promise<Unit<Sequence>> {
    const sequences: Sequence[] = []
    heard = []
    await client.perform(unit, () => {
      sequences.push(heard)
      heard = []
      return Promise.resolve()
    })
    return withoutNewIds(sequences, rules.dialect.id.attribute)
  }

  return {
    url,
    record: async (units) => {
      const recorded: Unit<Sequence>[] = []
      for (const unit of units) recorded.push(await recordUnit(unit))
      return recorded
    },
    close: async () => {
      client.close()
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
      directory.close()
    },
  }
}

const SILENT: RequestLog = {
  info: () => {},
  warn: () => {},
  error: () => {},
  child: () => SILENT,
}

function recording(directory: Directory, hear: (operation: Recorded) => void): Directory {
  const unexpected = () => Promise.reject(new Error('nothing to replay this operation with'))
  return {
    server: (options) => directory.server(options),
    ready: () => directory.ready(),
    search: (search, options) => {
      hear({ kind: 'search', search })
      return directory.search(search, options)
    },
    pages: (search, size, options) => {
      const heard = { kind: 'pages' as const, search, size, pages: 0 }
      hear(heard)
      return countedPages(directory.pages(search, size, options), heard)
    },
    add: (add, options) => {
      hear({ kind: 'add', add })
      return directory.add(add, options)
    },
    modify: (modify, options) => {
      hear({ kind: 'modify', modify })
      return directory.modify(modify, options)
    },
    delete: (operation, options) => {
      hear({ kind: 'delete', delete: operation })
      return directory.delete(operation, options)
    },
    rename: unexpected,
    modifyPassword: unexpected,
  }
}

async function* countedPages<Page>(pages: AsyncIterable<Page>, heard: { pages: number }) {
  for await (const page of pages) {
    heard.pages++
    yield page
  }
}

/** How many LDAP operations a sequence is. */
export function lengthOf(sequence: Sequence): number {
  return sequence.reduce(
    (sum, operation) => sum + (operation.kind === 'pages' ? operation.pages : 1),
    0,
  )
}

/**
 * The server gives a new entry another id each time: where one is asked for, the value in the
 * entry's RDN takes its place, which is indexed alike; where one stands for the DN, the DN does.
 */
function withoutNewIds(sequences: readonly Sequence[], idAttribute: string): readonly Sequence[] {
  const added = sequences.flat().find((operation) => operation.kind === 'add')
  if (added === undefined) return sequences
  const name = nameOf(added.add.dn)
  const replaced = (filter: Filter): Filter => {
    switch (filter.kind) {
      case 'and':
      case 'or':
        return { ...filter, filters: filter.filters.map(replaced) }
      case 'equal':
        return filter.attribute === idAttribute ? name : filter
      default:
        return filter
    }
  }
  return sequences.map((sequence) =>
    sequence.map((operation): Recorded => {
      switch (operation.kind) {
        case 'search':
          return {
            ...operation,
            search: { ...operation.search, filter: replaced(operation.search.filter) },
          }
        case 'modify': {
          const { target: _, ...rest } = operation.modify
          return { ...operation, modify: rest }
        }
        case 'delete': {
          const { assertion, target: _, ...rest } = operation.delete
          return {
            ...operation,
            delete: { ...rest, ...(assertion && { assertion: replaced(assertion) }) },
          }
        }
        default:
          return operation
      }
    }),
  )
}

function nameOf({ rdns }: Dn): Filter {
  const assertion = rdns[0]?.[0]
  if (assertion === undefined) throw new Error('an entry without a name')
  return equal(assertion.type, assertion.value)
}
