import { DS389_PROGRAMS, installPrograms, missingPrograms } from '../../src/demo/packages.ts'

/** Makes ready what a private 389 Directory Server needs, once, before test files run side by side. */
export async function prepareDs389(): Promise<void> {
  const say = (line: string) => process.stderr.write(`${line}\n`)
  try {
    await installPrograms(DS389_PROGRAMS, say)
  } catch (error) {
    // Nobody reads a line in the midst of continuous integration.
    if (process.env.CI !== undefined && process.getuid?.() === 0) throw error
    say(`No test runs on 389 Directory Server. ${(error as Error).message}`)
  }
}

/** Whether this machine has a 389 Directory Server; else tests on it are left out, which `prepareDs389` has told. */
export async function hasDs389(): Promise<boolean> {
  return (await missingPrograms(DS389_PROGRAMS)).length === 0
}
