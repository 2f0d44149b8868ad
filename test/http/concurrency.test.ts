import { describe, expect, test } from 'vitest'
import { Concurrency } from '../../src/http/concurrency.ts'

const PLACES = { total: 3, queue: 2 }
const never = new AbortController().signal

/** What has begun, in order. */
function setup(places = PLACES) {
  const concurrency = new Concurrency()
  const begun: string[] = []
  const take = async (name: string, signal = never) => {
    const release = await concurrency.take(name.charAt(0), 2, places, signal)
    begun.push(name)
    return release
  }
  const settle = () => new Promise((resolve) => setImmediate(resolve))
  return { begun, take, settle }
}

describe('concurrency', () => {
  test('more than a client may have at a time wait, in their order', async () => {
    const { begun, take, settle } = setup()
    const releases = [await take('a1'), await take('a2')]
    const third = take('a3')
    const fourth = take('a4')
    await settle()
    expect(begun).toEqual(['a1', 'a2'])
    releases[0]?.()
    await third
    await settle()
    expect(begun).toEqual(['a1', 'a2', 'a3'])
    releases[1]?.()
    await fourth
    expect(begun).toEqual(['a1', 'a2', 'a3', 'a4'])
  })

  test('a client that fills its own places keeps nobody else waiting', async () => {
    const { begun, take, settle } = setup()
    await take('a1')
    await take('a2')
    void take('a3')
    await take('b1')
    await settle()
    expect(begun).toEqual(['a1', 'a2', 'b1'])
  })

  test('all together have a bound, too', async () => {
    const { begun, take, settle } = setup()
    const release = await take('a1')
    await take('b1')
    await take('c1')
    const waits = take('d1')
    await settle()
    expect(begun).toHaveLength(3)
    release()
    await waits
    expect(begun).toEqual(['a1', 'b1', 'c1', 'd1'])
  })

  test('beyond the queue the client has too many (429), or all have (503)', async () => {
    const { take } = setup()
    await take('a1')
    await take('a2')
    void take('a3')
    void take('a4')
    await expect(take('a5')).rejects.toMatchObject({ status: 429, headers: { 'Retry-After': '1' } })
    await take('b1')
    void take('c1')
    void take('c2')
    await expect(take('c3')).rejects.toMatchObject({ status: 503, headers: { 'Retry-After': '1' } })
  })

  test('who hangs up waits no longer, and takes no place', async () => {
    const { begun, take, settle } = setup()
    const release = await take('a1')
    await take('a2')
    const abort = new AbortController()
    const gone = take('a3', abort.signal)
    const next = take('a4')
    abort.abort(new Error('hung up'))
    await expect(gone).rejects.toThrow('hung up')
    release()
    await next
    await settle()
    expect(begun).toEqual(['a1', 'a2', 'a4'])
  })

  test('a place is given back once', async () => {
    const { begun, take, settle } = setup()
    const release = await take('a1')
    await take('a2')
    void take('a3')
    void take('a4')
    release()
    release()
    await settle()
    expect(begun).toEqual(['a1', 'a2', 'a3'])
  })
})
