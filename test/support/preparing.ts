/**
 * Makes something ready that tests run on. Where that fails they are left out, which this tells; in
 * continuous integration, where nobody reads a line in the midst, and as root, who could install
 * everything, it fails instead.
 *
 * @param on What no test will run on, e.g. `Redis`.
 */
export async function preparing(
  on: string,
  make: (say: (line: string) => void) => Promise<void>,
): Promise<void> {
  const say = (line: string) => process.stderr.write(`${line}\n`)
  try {
    await make(say)
  } catch (error) {
    if (process.env.CI !== undefined && process.getuid?.() === 0) throw error
    say(`No test runs on ${on}. ${(error as Error).message}`)
  }
}
