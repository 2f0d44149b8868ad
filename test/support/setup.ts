import { prepareDs389 } from './ds389.ts'
import { prepare } from './openldap.ts'

/** Vitest's global setup: before the test files, once. */
export async function setup(): Promise<void> {
  await prepare()
  await prepareDs389()
}
