import { join } from 'node:path'
import { CA_FILE, CERTIFICATE_FILE, KEY_FILE } from './tls.ts'

export const REALM = 'CORP.EXAMPLE.TEST'
export const SUFFIX = 'DC=corp,DC=example,DC=test'
/** What stands behind the @ of names in this domain. */
export const DOMAIN = REALM.toLowerCase()

/** smb.conf(5) of the domain in `folder`, as far as its databases need it. */
export function provisionConf(folder: string): string {
  return text({ ...identity(), ...places(folder) })
}

/** smb.conf(5) of a server that does nothing but LDAP, at one address. */
export function smbConf(folder: string, address: string): string {
  const certificate = (name: string) => join(folder, 'tls', name)
  return text({
    ...identity(),
    ...places(folder),
    'server services': 'ldap',
    'dcerpc endpoint servers': '',
    interfaces: `${address}/8`,
    'bind interfaces only': 'yes',
    'tls enabled': 'yes',
    'tls cafile': certificate(CA_FILE),
    'tls certfile': certificate(CERTIFICATE_FILE),
    'tls keyfile': certificate(KEY_FILE),
    // Else the password before the last one is good for an hour after a change.
    'old password allowed period': '0',
    // A password may be told in the clear, as to the other private directories: this is loopback.
    'ldap server require strong auth': 'no',
    // What is lost with the machine is lost: nothing is written through to the disk.
    'ldb:nosync': 'yes',
  })
}

function identity(): Readonly<Record<string, string>> {
  return {
    'netbios name': 'DC1',
    realm: REALM,
    workgroup: REALM.split('.')[0] ?? '',
    'server role': 'active directory domain controller',
    'idmap_ldb:use rfc2307': 'yes',
  }
}

/** Everything that Samba keeps, below one folder. */
function places(folder: string): Readonly<Record<string, string>> {
  const at = (...names: readonly string[]) => join(folder, ...names)
  return {
    'private dir': at('dc', 'private'),
    'state directory': at('dc', 'state'),
    'cache directory': at('dc', 'cache'),
    'lock directory': at('run'),
    'pid directory': at('run'),
    'ncalrpc dir': at('run', 'ncalrpc'),
    'winbindd socket directory': at('run', 'winbindd'),
    'ntp signd socket directory': at('run', 'ntp'),
    'log file': at('log', 'samba.log'),
  }
}

function text(options: Readonly<Record<string, string>>): string {
  const lines = Object.entries(options).map(([name, value]) => `${name} = ${value}`)
  return ['[global]', ...lines, ''].join('\n')
}
