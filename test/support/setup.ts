import { prepare } from './openldap.ts'

/** Vitest's global setup: before the test files, once. */
export const setup = prepare
