import type { BreakerState } from '../gateway/breaker.ts'
import type { Command, OptionValues } from './command.ts'
import { EXIT, UsageError } from './command.ts'

const ADMIN = 'http://127.0.0.1:9090'

/** Sees and resets the breakers of a gateway that runs, over its admin port. */
export const breaker: Command = {
  help: `Usage: scim2ldap breaker [--admin URL] [--reset KIND --client NAME [--endpoint PATH]]

Shows the breakers that stop mass changes, or resets one that is open. It asks the admin port of the
gateway, ${ADMIN} unless told.

  --admin URL       where the admin port is
  --reset KIND      deletes, disables or memberRemovals
  --client NAME     the client whose breaker is reset
  --endpoint PATH   of which endpoint; /scim/v2 unless told

Without shared counters each replica has breakers of its own, and each is to be reset.

Examples:
  scim2ldap breaker
  scim2ldap breaker --reset deletes --client entra
`,
  options: {
    admin: { type: 'string' },
    reset: { type: 'string' },
    client: { type: 'string' },
    endpoint: { type: 'string' },
  },
  run: async (values) => {
    const admin = textOf(values, 'admin') ?? ADMIN
    if (!URL.canParse(admin)) throw new UsageError('--admin must be a URL such as ' + ADMIN)
    const kind = textOf(values, 'reset')
    const client = textOf(values, 'client')
    if (kind === undefined) {
      if (client !== undefined) throw new UsageError('--client goes with --reset')
      await show(admin)
      return EXIT.done
    }
    if (client === undefined) throw new UsageError('--reset needs --client')
    await reset(admin, [textOf(values, 'endpoint') ?? '/scim/v2', client, kind])
    return EXIT.done
  },
}

async function show(admin: string): Promise<void> {
  const response = await ask(new URL('/breakers', admin), 'GET')
  const { breakers } = (await response.json()) as { readonly breakers: readonly BreakerState[] }
  for (const { endpoint, client, kind, open, count, limit } of breakers) {
    const state = open ? 'OPEN' : 'closed'
    process.stdout.write(`${state}\t${endpoint}\t${client}\t${kind}\t${count} of ${limit}\n`)
  }
}

async function reset(admin: string, names: readonly string[]): Promise<void> {
  const path = ['breakers', ...names.map(encodeURIComponent), 'reset'].join('/')
  const response = await ask(new URL(`/${path}`, admin), 'POST')
  if (response.status === 404) throw new Error(`there is no breaker ${names.join(' ')}`)
  process.stdout.write(`reset: ${names.join(' ')}\n`)
}

async function ask(url: URL, method: string): Promise<Response> {
  let response: Response
  try {
    response = await fetch(url, { method })
  } catch (cause) {
    throw new Error(`no gateway answers at ${url.origin}`, { cause })
  }
  if (!response.ok && response.status !== 404) {
    throw new Error(`the admin port answered ${response.status}`)
  }
  return response
}

function textOf(values: OptionValues, name: string): string | undefined {
  const value = values[name]
  return typeof value === 'string' ? value : undefined
}
