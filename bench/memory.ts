import { DEFAULTS } from '../src/directory/options.ts'
import { patchTitle, PAGE } from './scenarios.ts'
import type { ScimRequest } from './scenarios.ts'
import type { Parts } from './setting.ts'
import type { Unit } from './slots.ts'

/** What the gateway's process holds after so many requests, in bytes. */
export interface Sample {
  readonly what: string
  readonly requests: number
  readonly resident: number | undefined
  readonly heap: number
}

const CONCURRENCY = 32
/** No more than the gateway has connections for long lists: each client collects its list. */
const PAGERS = DEFAULTS.searchPoolSize
const LAPS = 10

/** Reads by id and modifies in turns, then everybody page by page, several clients at once. */
export async function watchMemory(
  { population, gateway, client }: Parts,
  requests: number,
  signal: AbortSignal,
  say: (line: string) => void,
): Promise<readonly Sample[]> {
  const samples: Sample[] = []
  let done = 0
  const sample = async (what: string) => {
    const taken = { what, requests: done, resident: gateway.memory(), heap: await gateway.heap() }
    samples.push(taken)
    const megabytes = [taken.resident ?? NaN, taken.heap].map((bytes) => Math.round(bytes / 1e6))
    say(`${done} requests, RSS ${megabytes.join(' MB, heap ')} MB …`)
  }
  const { people } = population
  const work = async (units: () => Unit<ScimRequest> | undefined) => {
    for (let unit = units(); unit !== undefined; unit = units()) {
      signal.throwIfAborted()
      await client.perform(unit)
      done += unit.length
    }
  }

  await sample('idle')
  for (let lap = 1; lap <= LAPS; lap++) {
    let next = 0
    const each = Math.ceil(requests / LAPS / CONCURRENCY / 2)
    await Promise.all(
      Array.from({ length: CONCURRENCY }, (_, slot) => {
        let left = each
        return work(() => {
          if (left-- <= 0) return undefined
          // Clients do not meet: each has people of its own.
          const person =
            people[slot + CONCURRENCY * (next++ % Math.floor(people.length / CONCURRENCY))]
          if (person === undefined) return undefined
          const get: ScimRequest = {
            label: '',
            method: 'GET',
            path: `/Users/${person.id}`,
            status: 200,
          }
          return [get, patchTitle(person.id, `Bookbinder ${lap}.${left}`)]
        })
      }),
    )
    await sample('GET user by id, PATCH it')
  }
  const pages = Math.ceil(people.length / PAGE)
  for (let lap = 1; lap <= LAPS; lap++) {
    const [from, to] = [Math.floor(((lap - 1) * pages) / LAPS), Math.floor((lap * pages) / LAPS)]
    await Promise.all(
      Array.from({ length: PAGERS }, () => {
        let page = from
        return work(() => {
          if (page >= to) return undefined
          const path = `/Users?startIndex=${1 + page++ * PAGE}&count=${PAGE}`
          return [{ label: '', method: 'GET', path, status: 200 }]
        })
      }),
    )
    await sample(`list everybody, ${PAGE} a page`)
  }
  return samples
}
