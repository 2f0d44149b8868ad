import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Ajv } from 'ajv'
import type { Profile, QuirkName } from '../../src/scim/client-quirks.ts'
import { QUIRKS } from '../../src/scim/client-quirks.ts'
import type { Json } from '../support/gateway.ts'

/** What a client and the gateway say to each other, as conversation.schema.json describes it. */
export interface Conversation {
  /** The file, below this folder. */
  readonly file: string
  /** Whose conversation it is, and which one. */
  readonly client: string
  /** Those under which it passes. */
  readonly profiles: readonly Profile[]
  /** Of every request; names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  readonly exchanges: readonly (Exchange | Simultaneous)[]
}

/** A request and its answer. */
export interface Exchange {
  readonly name: string
  readonly request: {
    readonly method: string
    /** As it goes over the wire, below the endpoint. */
    readonly path: string
    /** Besides those of the conversation; `null` leaves one of them out. */
    readonly headers?: Readonly<Record<string, string | null>>
    /** A text is sent as it is. */
    readonly body?: Json
  }
  readonly answer: {
    readonly status: number
    readonly headers?: Readonly<Record<string, string>>
    /** What the body must have at least; see `differences`. */
    readonly body?: Json
    readonly withinMs?: number
  }
  /** Variables from the answer's body, by the path of their value in it. */
  readonly capture?: Readonly<Record<string, string>>
  /** What the log line of the request must tell: these and no others. */
  readonly quirks?: readonly QuirkName[]
  /** Afterwards: by DN below the suffix the values of attributes; `null` where no entry may be. */
  readonly directory?: Readonly<Record<string, Readonly<Record<string, readonly string[]>> | null>>
}

/** Exchanges that go on at the same time. */
export interface Simultaneous {
  readonly name: string
  readonly parallel: readonly Exchange[]
  readonly directory?: Exchange['directory']
}

/** Every conversation that is recorded here, in the order of their files. */
export function recordedConversations(): readonly Conversation[] {
  return globSync('*/*.json', { cwd: import.meta.dirname })
    .sort()
    .map(readConversation)
}

/** The exchanges of a conversation, those that go on at the same time one after the other. */
export function exchangesOf({ exchanges }: Conversation): readonly Exchange[] {
  return exchanges.flatMap((one) => ('parallel' in one ? one.parallel : [one]))
}

/** An exchange as it is written down: one may stand for several, with each of some texts in it. */
type Written = Exchange & { readonly each?: readonly string[] }

interface Document extends Pick<Conversation, 'client' | 'profiles'> {
  readonly headers?: Conversation['headers']
  readonly exchanges: readonly (Written | (Simultaneous & { readonly parallel: Written[] }))[]
}

function readConversation(file: string): Conversation {
  const document: unknown = JSON.parse(readFileSync(join(import.meta.dirname, file), 'utf8'))
  if (!validate(document)) {
    throw new Error(`${file}: ${ajv.errorsText(validate.errors, { dataVar: 'conversation' })}`)
  }
  const { headers = {}, exchanges, ...rest } = document
  return {
    ...rest,
    file,
    headers,
    exchanges: exchanges.flatMap((one): (Exchange | Simultaneous)[] =>
      'parallel' in one ? [{ ...one, parallel: one.parallel.flatMap(written) }] : written(one),
    ),
  }
}

function written({ each, ...one }: Written): Exchange[] {
  if (each === undefined) return [one]
  const text = JSON.stringify(one)
  return each.map((value) => JSON.parse(text.replaceAll('{{each}}', value)) as Exchange)
}

const ajv = new Ajv({ allErrors: true, allowUnionTypes: true })
ajv.addFormat('quirk', (name: string) => Object.hasOwn(QUIRKS, name))
const SCHEMA = readFileSync(join(import.meta.dirname, 'conversation.schema.json'), 'utf8')
const validate = ajv.compile<Document>(JSON.parse(SCHEMA) as object)
