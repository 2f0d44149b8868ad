/**
 * Lets everybody else have their turn. Work on an entry with 100,000 values takes seconds, during
 * which no other request would be answered.
 */
export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
