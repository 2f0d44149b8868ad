import { DS389_PROGRAMS, installPrograms, missingPrograms } from '../../src/demo/packages.ts'
import { preparing } from './preparing.ts'

/** Makes ready what a private 389 Directory Server needs, once, before test files run side by side. */
export function prepareDs389(): Promise<void> {
  return preparing('389 Directory Server', (say) => installPrograms(DS389_PROGRAMS, say))
}

/** Whether this machine has a 389 Directory Server; else tests on it are left out, which `prepareDs389` has told. */
export async function hasDs389(): Promise<boolean> {
  return (await missingPrograms(DS389_PROGRAMS)).length === 0
}
