const ALL: readonly NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGHUP']

/** Aborted when a signal asks the process to end; a second one ends it at once. */
export function endSignal(): AbortSignal {
  const asked = new AbortController()
  void untilAskedToEnd().then((signal) => asked.abort(new Error(`ended by ${signal}`)))
  return asked.signal
}

/** Resolves with the name of the first signal that asks the process to end. */
export async function untilAskedToEnd(asked = ALL): Promise<NodeJS.Signals> {
  const { promise, resolve } = Promise.withResolvers<NodeJS.Signals>()
  for (const signal of asked) process.once(signal, resolve)
  const signal = await promise
  for (const other of asked) process.removeListener(other, resolve)
  return signal
}
