import type { ContainerOptions } from './container.ts'
import type { RunningOpenLdap } from './openldap.ts'
import { dockerAnswers, startContainer } from './container.ts'
import { installPrograms, missingPrograms, SERVER_PROGRAMS } from './packages.ts'
import { startSlapd } from './slapd.ts'

/**
 * Starts a private OpenLDAP with what this machine has: its own slapd, else Docker, else a slapd
 * that is installed now.
 *
 * @param say Told what takes its time.
 * @throws {Error} Where there is no way; the message tells what to install.
 */
export async function startOpenLdap(
  options: ContainerOptions,
  say: (line: string) => void,
): Promise<RunningOpenLdap> {
  const missing = await missingPrograms()
  // A container needs openssl here as well, for the certificates.
  if (missing.length > 0 && !missing.includes('openssl') && (await dockerAnswers())) {
    say(`${missing.join(', ')} not found: starting OpenLDAP in a container.`)
    return startContainer(options)
  }
  if (missing.length > 0) await installPrograms([...SERVER_PROGRAMS, 'ldapsearch'], say)
  return startSlapd(options)
}
