import { createHmac, randomBytes, scrypt, timingSafeEqual } from 'node:crypto'
import { ScimError } from '../../scim/error.ts'
import type { ClientOptions } from '../options.ts'
import type { Verdict } from './method.ts'

/** Passwords that are verified at the same time, and that wait for it: each takes a CPU and memory. */
const AT_ONCE = 2
const WAITING = 16
const RETRY_AFTER_S = 1

/** What a password is held against: scrypt (RFC 7914). */
interface ScryptHash {
  readonly logN: number
  readonly r: number
  readonly p: number
  readonly salt: Buffer
  readonly hash: Buffer
}

/** New hashes: 32 MiB and some tens of milliseconds each. */
const NEW = { logN: 15, r: 8, p: 1 } as const
const HASH_BYTES = 32
const FORM = /^\$scrypt\$ln=(\d+),r=(\d+),p=(\d+)\$([^$]+)\$([^$]+)$/

/** Reads `$scrypt$ln=15,r=8,p=1$salt$hash`, both in base64 without padding. */
function readScryptHash(text: string): ScryptHash {
  const [, logN, r, p, salt = '', hash = ''] = FORM.exec(text) ?? []
  return {
    ...{ logN: Number(logN), r: Number(r), p: Number(p) },
    ...{ salt: Buffer.from(salt, 'base64'), hash: Buffer.from(hash, 'base64') },
  }
}

/** The hash of a password, with a salt of its own. */
export async function newScryptHash(password: string): Promise<string> {
  const salt = randomBytes(16)
  const hash = await derive(password, { ...NEW, salt }, HASH_BYTES)
  const base64 = (bytes: Buffer) => bytes.toString('base64').replace(/=+$/, '')
  return `$scrypt$ln=${NEW.logN},r=${NEW.r},p=${NEW.p}$${base64(salt)}$${base64(hash)}`
}

/**
 * Who a user name and a password (RFC 7617) belong to. What was right once is known by a keyed hash
 * from then on, so that ordinary requests cost nothing; of what is not known, few are verified at a
 * time, whatever comes.
 *
 * @returns A function from the credentials of the header; it rejects with a 503 where too many wait.
 */
export function basicClients(
  clients: readonly ClientOptions[],
): (credentials: string) => Promise<Verdict> {
  const entries = clients.flatMap(({ name, basic }) => {
    if (basic === undefined) return []
    return [{ client: name, user: basic.user, hash: readScryptHash(basic.scrypt) }]
  })
  const key = randomBytes(32)
  const known = new Map<string, string>()
  const turns = new Turns()
  return async (credentials) => {
    const pair = readPair(credentials)
    if (pair === undefined) return { refused: 'Basic credentials that cannot be read' }
    const digest = createHmac('sha256', key).update(pair.join('\0')).digest('base64')
    const client = known.get(digest)
    if (client !== undefined) return { client }
    const [user, password] = pair
    const entry = entries.find((one) => one.user === user)
    // Who is not there takes as long as who is, so that nobody finds out names.
    const { hash } = entry ?? entries[0] ?? {}
    if (hash === undefined) return { refused: 'Basic is no client’s way' }
    const right = await turns.run(async () =>
      timingSafeEqual(await derive(password, hash, hash.hash.length), hash.hash),
    )
    if (entry === undefined) return { refused: 'an unknown user name' }
    if (!right) return { refused: `a wrong password for ${entry.client}` }
    known.set(digest, entry.client)
    return { client: entry.client }
  }
}

function readPair(credentials: string): readonly [string, string] | undefined {
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(credentials)) return undefined
  const text = Buffer.from(credentials, 'base64').toString('utf8')
  const colon = text.indexOf(':')
  return colon < 0 ? undefined : [text.slice(0, colon), text.slice(colon + 1)]
}

function memoryOf({ logN, r }: { readonly logN: number; readonly r: number }): number {
  return 128 * 2 ** logN * r
}

function derive(
  password: string,
  { logN, r, p, salt }: Omit<ScryptHash, 'hash'>,
  length: number,
): Promise<Buffer> {
  const maxmem = 2 * memoryOf({ logN, r }) + 1024 * 1024
  return new Promise((resolve, reject) => {
    scrypt(password, salt, length, { N: 2 ** logN, r, p, maxmem }, (error, key) => {
      if (error === null) resolve(key)
      else reject(error)
    })
  })
}

/** Few at a time, some waiting, no more. */
class Turns {
  readonly #waiting: (() => void)[] = []
  #running = 0

  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#running === AT_ONCE) {
      if (this.#waiting.length === WAITING) {
        throw new ScimError(503, 'too many passwords are being verified; try again', {
          headers: { 'Retry-After': String(RETRY_AFTER_S) },
        })
      }
      // Whoever ends hands on its place.
      await new Promise<void>((resolve) => this.#waiting.push(resolve))
    } else this.#running++
    try {
      return await work()
    } finally {
      const next = this.#waiting.shift()
      if (next === undefined) this.#running--
      else next()
    }
  }
}
