import { pino } from 'pino'
import type { DestinationStream, Logger } from 'pino'

/** The log of the process: JSON lines. An error is told by its name, message and stack alone, for what else hangs on it may hold values. */
export function createLog(level: string, destination?: DestinationStream): Logger {
  return pino({ level, base: null, serializers: { err: describeError } }, destination)
}

function describeError(error: unknown): unknown {
  if (!(error instanceof Error)) return { type: typeof error }
  const { name, message, stack } = error
  return { type: name, message, stack }
}
