import { expect, test } from 'vitest'
import { createDirectory } from '../../src/directory/client.ts'
import type { DirectoryOptions } from '../../src/directory/options.ts'
import { addressOf, completeOptions, DEFAULTS } from '../../src/directory/options.ts'

const BIND = { kind: 'simple', dn: 'cn=admin', password: 'secret' } as const

test.each<[string, DirectoryOptions, string]>([
  ['no server', { urls: [], bind: BIND }, 'urls: expected at least one server'],
  ['another protocol', { urls: ['http://a'], bind: BIND }, 'http://a: expected ldaps://host'],
  ['no URL', { urls: ['ldap.example.com'], bind: BIND }, 'expected ldaps://host'],
  [
    'no TLS',
    { urls: ['ldaps://a', 'ldap://b.example'], bind: BIND },
    'ldap://b.example: binding without TLS is refused',
  ],
  [
    'no TLS to an address',
    { urls: ['ldap://10.0.0.1'], bind: BIND },
    'binding without TLS is refused',
  ],
  [
    'a name that only looks local',
    { urls: ['ldap://127.0.0.1.example.com'], bind: BIND },
    'binding without TLS is refused',
  ],
  [
    'an empty password',
    { urls: ['ldaps://a'], bind: { ...BIND, password: '' } },
    'bind: the password is empty',
  ],
  ['an empty DN', { urls: ['ldaps://a'], bind: { ...BIND, dn: '' } }, 'bind: the DN is empty'],
  [
    'EXTERNAL without a certificate',
    { urls: ['ldaps://a'], bind: { kind: 'external' } },
    'bind: external needs tls.certificate and tls.key',
  ],
])('%s is refused at creation', (_, options, message) => {
  expect(() => createDirectory(options)).toThrow(message)
})

test.each<[string, DirectoryOptions]>([
  ['LDAPS', { urls: ['ldaps://a'], bind: BIND }],
  ['StartTLS', { urls: ['ldap://a'], startTls: true, bind: BIND }],
  ['loopback', { urls: ['ldap://localhost', 'ldap://127.0.0.2', 'ldap://[::1]:1389'], bind: BIND }],
  ['what was allowed', { urls: ['ldap://a'], allowPlaintext: true, bind: BIND }],
])('%s is taken', (_, options) => {
  expect(completeOptions(options)).toEqual({ ...DEFAULTS, ...options })
})

test('a URL has a host and the port of its protocol', () => {
  expect(addressOf('ldaps://dc1.example')).toEqual({
    url: 'ldaps://dc1.example',
    host: 'dc1.example',
    port: 636,
    secure: true,
  })
  expect(addressOf('ldap://[::1]:1389/')).toMatchObject({ host: '::1', port: 1389, secure: false })
  expect(addressOf('ldap://a')).toMatchObject({ port: 389 })
})
