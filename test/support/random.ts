/** Whole numbers below a bound, the same ones for the same seed (Park and Miller's generator). */
export function randomFrom(seed: number): (bound: number) => number {
  let state = seed
  return (bound) => {
    state = (state * 48_271) % 0x7fffffff
    return state % bound
  }
}
