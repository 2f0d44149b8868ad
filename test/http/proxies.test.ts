import type { IncomingMessage } from 'node:http'
import { describe, expect, test } from 'vitest'
import { proxiesOf } from '../../src/http/proxies.ts'

const request = (remoteAddress: string, forwarded?: string) =>
  ({
    socket: { remoteAddress },
    headers: forwarded === undefined ? {} : { 'x-forwarded-for': forwarded },
  }) as unknown as IncomingMessage

const addressOf = (trustedProxies: readonly string[], ...about: Parameters<typeof request>) =>
  proxiesOf({ trustedProxies }).addressOf(request(...about))

describe('the address of a client', () => {
  test.each([
    ['without proxies, whatever is told', [], '192.0.2.1', '198.51.100.9', '192.0.2.1'],
    ['told by somebody who is not trusted', ['10.0.0.0/8'], '192.0.2.1', '10.1.1.1', '192.0.2.1'],
    ['told by a trusted proxy', ['10.0.0.0/8'], '10.0.0.2', '192.0.2.1', '192.0.2.1'],
    ['told by a chain of them', ['10.0.0.0/8'], '10.0.0.2', '192.0.2.1, 10.9.9.9', '192.0.2.1'],
    [
      'with what the client made up before it',
      ['10.0.0.0/8'],
      '10.0.0.2',
      '10.0.0.1, 127.0.0.1, 192.0.2.1',
      '192.0.2.1',
    ],
    ['told with a port', ['10.0.0.2'], '10.0.0.2', '192.0.2.1:4711', '192.0.2.1'],
    ['told with brackets', ['10.0.0.2'], '10.0.0.2', '[2001:db8::1]:4711', '2001:db8::1'],
    ['not told', ['10.0.0.2'], '10.0.0.2', undefined, '10.0.0.2'],
    ['told as rubbish', ['10.0.0.2'], '10.0.0.2', 'unknown', '10.0.0.2'],
    ['of IPv4 over IPv6', ['10.0.0.0/8'], '::ffff:10.0.0.2', '192.0.2.1', '192.0.2.1'],
    ['of IPv6', ['2001:db8::/32'], '2001:db8::5', '2001:db9::1', '2001:db9::1'],
  ])('%s', (_, trusted, peer, forwarded, address) => {
    expect(addressOf(trusted, peer, forwarded)).toBe(address)
  })
})
