import { lookUpBinary } from '../../src/demo/binary.ts'
import { installPackages } from '../../src/demo/packages.ts'

/** Programs that guides in `docs` name, each with the Debian package that has it. */
const PACKAGES = {
  caddy: 'caddy',
  curl: 'curl',
  'docker-compose': 'docker-compose',
  nginx: 'nginx-light',
  openssl: 'openssl',
  promtool: 'prometheus',
} as const

export type GuideProgram = keyof typeof PACKAGES

/**
 * Installs those that are missing, as root on Debian or Ubuntu.
 *
 * @returns Whether all of them are there; else tests with them are left out, which this has told.
 */
export async function havePrograms(...programs: readonly GuideProgram[]): Promise<boolean> {
  const say = (line: string) => process.stderr.write(`${line}\n`)
  const missing: GuideProgram[] = []
  for (const program of programs) {
    if ((await lookUpBinary(program)) === undefined) missing.push(program)
  }
  if (missing.length === 0) return true
  const root = process.getuid?.() === 0
  if (root && (await lookUpBinary('apt-get')) !== undefined) {
    await installPackages(
      missing.map((program) => PACKAGES[program]),
      say,
    )
    return true
  }
  say(
    `Tests with ${missing.join(', ')} are left out: not installed, and this is not root on Debian.`,
  )
  return false
}
