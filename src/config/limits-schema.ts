import type { LimitOptions } from '../http/options.ts'
import { count } from './schema-words.ts'

/** They suit Entra and Okta (docs/limits.md). */
export const DEFAULT_LIMITS: LimitOptions = {
  rate: { requests: 1000, seconds: 10 },
  concurrency: 64,
  totalConcurrency: 256,
  queue: 256,
  failedAttempts: { most: 20, seconds: 60 },
  requestSeconds: 60,
}

export const RATE_SCHEMA = {
  type: 'object',
  description: 'Requests of the client within a time, instead of limits.rate.',
  required: ['requests', 'seconds'],
  additionalProperties: false,
  properties: {
    requests: count('How many.'),
    seconds: { ...count('Within how many seconds.'), maximum: 86_400 },
  },
}

/** `limits`: how much there may be of it at a time. */
export const LIMITS_SCHEMA = {
  type: 'object',
  description: 'How much there may be of it at a time (docs/limits.md).',
  additionalProperties: false,
  default: {},
  properties: {
    rate: {
      ...RATE_SCHEMA,
      description: 'Requests of each client within a time; more get 429.',
      default: DEFAULT_LIMITS.rate,
    },
    concurrency: {
      ...count('Requests of each client that are worked on at the same time; more wait.'),
      default: DEFAULT_LIMITS.concurrency,
    },
    totalConcurrency: {
      ...count('The same over all clients.'),
      default: DEFAULT_LIMITS.totalConcurrency,
    },
    queue: {
      ...count('Requests of each client that may wait for their turn; more get 429 or 503.'),
      default: DEFAULT_LIMITS.queue,
    },
    failedAttempts: {
      type: 'object',
      description:
        'Credentials of one kind that may be wrong, from one address within a time; more get 429.',
      required: ['most', 'seconds'],
      additionalProperties: false,
      default: DEFAULT_LIMITS.failedAttempts,
      properties: {
        most: count('How many.'),
        seconds: { ...count('Within how many seconds.'), maximum: 86_400 },
      },
    },
    requestSeconds: {
      ...count('After which a request is given up, with 503.'),
      maximum: 3600,
      default: DEFAULT_LIMITS.requestSeconds,
    },
  },
}
