import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { GenericContainer, getContainerRuntimeClient } from 'testcontainers'
import type { OpenLdapOptions, RunningOpenLdap } from '../../src/demo/openldap.ts'
import type { Program } from '../../src/demo/packages.ts'
import { CONTAINER_HOME } from '../../src/demo/container.ts'
import { layOut } from '../../src/demo/openldap.ts'
import { installPrograms, missingPrograms, SERVER_PROGRAMS } from '../../src/demo/packages.ts'
import { startSlapd } from '../../src/demo/slapd.ts'
import { untilTlsAnswers } from '../../src/demo/tls.ts'

/** The environment variable that says how the tests get their OpenLDAP. */
const VARIABLE = 'SCIM2LDAP_TEST_DIRECTORY'
const IMAGE = 'scim2ldap-test-openldap'
const DOCKERFILE = resolve(import.meta.dirname, '../../deploy/openldap')

type Way = 'native' | 'docker'

/** A private OpenLDAP for one test file: this machine's slapd, or one in a container. */
export async function startOpenLdap(options: OpenLdapOptions = {}): Promise<RunningOpenLdap> {
  return (await chosenWay()) === 'native' ? startSlapd(options) : startInContainer(options)
}

/**
 * Makes ready what `startOpenLdap` needs, once, before test files run side by side: the packages
 * or the image.
 */
export async function prepare(): Promise<void> {
  const way = await chosenWay()
  const server: readonly Program[] = way === 'native' ? SERVER_PROGRAMS : ['openssl']
  await installPrograms([...server, 'ldapsearch'], (line) => process.stderr.write(`${line}\n`))
  if (way === 'docker') {
    await GenericContainer.fromDockerfile(DOCKERFILE).build(IMAGE, { deleteOnExit: false })
  }
  process.env[VARIABLE] = way
}

/** What the variable says; else the slapd that is here, else Docker, else a slapd to be installed. */
async function chosenWay(): Promise<Way> {
  const wish = process.env[VARIABLE]
  if (wish === 'native' || wish === 'docker') return wish
  if (wish !== undefined) throw new Error(`${VARIABLE} is "${wish}", not "native" or "docker"`)
  if ((await missingPrograms()).length === 0) return 'native'
  return (await engineAnswers()) ? 'docker' : 'native'
}

async function engineAnswers(): Promise<boolean> {
  try {
    await getContainerRuntimeClient()
    return true
  } catch {
    return false
  }
}

async function startInContainer(options: OpenLdapOptions): Promise<RunningOpenLdap> {
  const folder = await mkdtemp(join(tmpdir(), 'scim2ldap-'))
  const { folder: _, ...identity } = await layOut(folder, CONTAINER_HOME, options)
  const tls = options.port === undefined ? 636 : { container: 636, host: options.port }
  const container = await new GenericContainer(IMAGE)
    .withCopyDirectoriesToContainer([{ source: folder, target: CONTAINER_HOME }])
    .withExposedPorts(tls, 389)
    .start()
  const [port, plainPort] = [container.getMappedPort(636), container.getMappedPort(389)]
  await untilTlsAnswers(port, identity.ca, AbortSignal.timeout(20_000))
  return {
    ...identity,
    url: `ldaps://localhost:${port}`,
    plainUrl: `ldap://localhost:${plainPort}`,
    stop: async () => {
      await container.stop()
      await rm(folder, { recursive: true, force: true })
    },
  }
}
