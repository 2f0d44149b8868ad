import { resolve } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { docker } from '../support/docker.ts'

// On a system of its own: a container with no OpenLDAP in it.
const SOURCE = resolve(import.meta.dirname, '../../src')
const POLICY = '/usr/sbin/policy-rc.d'
let container: string

beforeEach(async () => {
  container = await docker('run', '--detach', '--init', 'node:24-slim', 'sleep', '600')
  await docker('cp', SOURCE, `${container}:/package`)
  await sh(`printf '{ "type": "module" }' > /package/package.json`)
  // As on a machine with an init system: without a policy, an installed service is started.
  await sh(`rm -f ${POLICY}; printf '#!/bin/sh\necho N 2\n' | tee /sbin/init > /sbin/runlevel`)
  await sh('chmod +x /sbin/init /sbin/runlevel')
})
afterEach(() => docker('rm', '--force', '--volumes', container))

function sh(script: string, user = 'root'): Promise<string> {
  return docker('exec', '--user', user, container, 'sh', '-c', script)
}

function node(code: string, user = 'root'): Promise<string> {
  const args = ['node', '--input-type=module-typescript', '--eval', code]
  return docker('exec', '--user', user, container, ...args)
}

function install(programs: readonly string[], user?: string): Promise<string> {
  const code = `
    import { installPrograms } from '/package/demo/packages.ts'
    await installPrograms(${JSON.stringify(programs)}, console.log).catch((error) => {
      console.log(error.message)
    })`
  return node(code, user)
}

test('as root, missing packages are installed, and no service is started', async () => {
  const programs = ['slapd', 'openssl', 'ldapsearch']
  expect(await install(programs)).toMatch(
    // Some base images have openssl.
    /^Installing slapd, (openssl, )?ldap-utils with apt-get; no system service is started\.$/,
  )
  expect(await sh('which slapd openssl ldapsearch')).toBe(
    '/usr/sbin/slapd\n/usr/bin/openssl\n/usr/bin/ldapsearch',
  )
  expect(await docker('top', container, '-o', 'pid,comm')).not.toContain('slapd')
  expect(await sh(`test -e ${POLICY} || echo none`)).toBe('none')
  expect(await sh('ls /etc/ldap/slapd.d 2>/dev/null || echo none')).toBe('none')
  expect(await install(programs)).toBe('') // nothing to do
})

test("the system's own policy on services stays, also when the installation fails", async () => {
  await sh(`printf '#!/bin/sh\nexit 101\n# own\n' > ${POLICY}; chmod +x ${POLICY}`)
  await sh('rm -rf /etc/apt/sources.list /etc/apt/sources.list.d; apt-get update')
  expect(await install(['ldapsearch'])).toContain('apt-get --quiet')
  expect(await sh(`cat ${POLICY}`)).toContain('# own')
  await sh(`rm ${POLICY}`)
  expect(await install(['ldapsearch'])).toContain('Unable to locate package ldap-utils')
  expect(await sh(`test -e ${POLICY} || echo none`)).toBe('none')
})

test('as another user, one sentence tells what to install', async () => {
  expect(await install(['slapd', 'ldapsearch'], '1000')).toBe(
    'Not installed: slapd, ldapsearch. Install the packages slapd, ldap-utils (as root ' +
      'on Debian or Ubuntu: apt-get install slapd ldap-utils) or start Docker.',
  )
})

test('where nothing is there, slapd is installed; where AppArmor confines it, a copy runs', async () => {
  await sh('mkdir -p /etc/apparmor.d; touch /etc/apparmor.d/usr.sbin.slapd')
  const code = `
    import { readlinkSync } from 'node:fs'
    import { startOpenLdap } from '/package/demo/start.ts'
    const server = await startOpenLdap({ image: '/nowhere' }, console.log)
    console.log(readlinkSync('/proc/' + server.pid + '/exe'))
    await server.stop()`
  expect(await node(code)).toMatch(/^Installing slapd, .*\n\/tmp\/scim2ldap-\w+\/slapd$/)
})
