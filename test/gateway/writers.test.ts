import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { Writers } from '../../src/gateway/writers.ts'

const NEVER = new AbortController().signal

/** Writers whose ends are ours to say, and who has begun so far. */
function started() {
  const writers = new Writers()
  const begun: string[] = []
  const write = (name: string, id = 'a', signal = NEVER) => {
    const { promise, resolve, reject } = Promise.withResolvers<string>()
    const result = writers.inTurn(id, signal, () => {
      begun.push(name)
      return promise
    })
    return { result, end: () => resolve(name), fail: reject }
  }
  return { begun, write }
}

const settled = () => vi.advanceTimersByTimeAsync(0)

describe('writers of one resource', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  test('go one after the other, as they came', async () => {
    const { begun, write } = started()
    const [one, two, three] = [write('1'), write('2'), write('3')]
    await settled()
    expect(begun).toEqual(['1'])
    one.end()
    await settled()
    expect(begun).toEqual(['1', '2'])
    two.end()
    three.end()
    expect(await Promise.all([one.result, two.result, three.result])).toEqual(['1', '2', '3'])
  })

  test('do not wait for those of another resource', async () => {
    const { begun, write } = started()
    write('1', 'a')
    write('2', 'b')
    await settled()
    expect(begun).toEqual(['1', '2'])
  })

  test('go on after one that fails', async () => {
    const { begun, write } = started()
    const [one, two] = [write('1'), write('2')]
    one.fail(new Error('no'))
    await expect(one.result).rejects.toThrow('no')
    two.end()
    expect(await two.result).toBe('2')
    expect(begun).toEqual(['1', '2'])
  })

  test('all go ahead where one takes too long, and then one after the other again', async () => {
    const { begun, write } = started()
    const [one, two, three] = [write('1'), write('2'), write('3')]
    await vi.advanceTimersByTimeAsync(14_999)
    expect(begun).toEqual(['1'])
    await vi.advanceTimersByTimeAsync(1)
    expect(begun).toEqual(['1', '2', '3'])
    const four = write('4')
    one.end()
    two.end()
    await settled()
    expect(begun).toEqual(['1', '2', '3'])
    three.end()
    four.end()
    expect(await four.result).toBe('4')
  })

  test('wait on while others make progress', async () => {
    const { begun, write } = started()
    const [one, two] = [write('1'), write('2'), write('3')]
    await vi.advanceTimersByTimeAsync(10_000)
    one.end()
    await vi.advanceTimersByTimeAsync(10_000)
    expect(begun).toEqual(['1', '2'])
    two.end()
    await settled()
    expect(begun).toEqual(['1', '2', '3'])
  })

  test('whose client hangs up leave the queue', async () => {
    const { begun, write } = started()
    const client = new AbortController()
    const [one, two, three] = [write('1'), write('2', 'a', client.signal), write('3')]
    client.abort(new Error('hung up'))
    await expect(two.result).rejects.toThrow('hung up')
    one.end()
    three.end()
    expect(await three.result).toBe('3')
    expect(begun).toEqual(['1', '3'])
  })
})
