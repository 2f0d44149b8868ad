import { gzipSync } from 'node:zlib'
import { connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import type { RunningOpenLdap } from '../../src/demo/openldap.ts'
import { groups, people } from '../../src/demo/people.ts'
import type { TestGateway } from '../support/gateway.ts'
import { startGateway, TOKEN } from '../support/gateway.ts'
import { startOpenLdap } from '../support/openldap.ts'

const SUFFIX = 'dc=example,dc=test'
const ERROR = 'urn:ietf:params:scim:api:messages:2.0:Error'
const USER = 'urn:ietf:params:scim:schemas:core:2.0:User'

let directory: RunningOpenLdap
let gateway: TestGateway
beforeAll(async () => {
  const some = people(SUFFIX, 5)
  directory = await startOpenLdap({ suffix: SUFFIX, entries: [...some, ...groups(SUFFIX, some)] })
  gateway = await startGateway(directory)
})
afterAll(async () => {
  await gateway.stop()
  await directory.stop()
})

const newUser = (userName: string) => ({
  schemas: [USER],
  userName,
  name: { familyName: 'Example' },
})

/** Sends bytes as they are; what comes back until the server closes. */
function raw(text: string): Promise<string> {
  const { hostname, port } = new URL(gateway.url)
  return new Promise((resolve, reject) => {
    let answer = ''
    const socket = connect(Number(port), hostname, () => socket.write(text))
    socket.setEncoding('utf8').on('data', (part: string) => (answer += part))
    socket.on('close', () => resolve(answer)).on('error', reject)
  })
}

describe('who asks', () => {
  test.each([
    ['without a token', undefined, 'Bearer realm="scim"'],
    ['with a wrong token', 'Bearer wrong', 'Bearer realm="scim", error="invalid_token"'],
    ['with another scheme', 'Basic dGVzdHM6eA==', 'Bearer realm="scim", error="invalid_token"'],
  ])('%s gets 401 with a challenge, on every path', async (_, authorization, challenge) => {
    for (const path of ['/Users', '/ServiceProviderConfig', '/Nothing']) {
      const response = await fetch(`${gateway.url}${path}`, {
        headers: authorization === undefined ? {} : { authorization },
      })
      expect(response.status).toBe(401)
      expect(response.headers.get('www-authenticate')).toBe(challenge)
      expect(await response.json()).toEqual({
        schemas: [ERROR],
        status: '401',
        detail: 'valid credentials of a client are required',
      })
    }
  })

  test('a body is not even read before that', async () => {
    const request = `POST /scim/v2/Users HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 1000000\r\nConnection: close\r\n\r\n{`
    expect(await raw(request)).toMatch(/^HTTP\/1\.1 401 /)
  })
})

describe('what it brings', () => {
  test.each(['application/scim+json', 'application/json', 'application/scim+json; charset=utf-8'])(
    '%s is taken',
    async (type) => {
      const { status } = await gateway.post('/Users', '[]', { 'content-type': type })
      expect(status).toBe(400)
    },
  )

  test.each(['text/plain', 'application/xml', 'application/x-www-form-urlencoded'])(
    '%s is 415',
    async (type) => {
      const { status, body } = await gateway.post('/Users', '{}', { 'content-type': type })
      expect(status).toBe(415)
      expect(body.detail).toContain('application/scim+json')
    },
  )

  test('a compressed body is taken', async () => {
    const response = await fetch(`${gateway.url}/Users`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${TOKEN}`,
        'content-type': 'application/scim+json',
        'content-encoding': 'gzip',
      },
      body: gzipSync(JSON.stringify(newUser('compressed'))),
    })
    expect(response.status).toBe(201)
  })

  test('a compressed body is measured by what it becomes', async () => {
    const response = await fetch(`${gateway.url}/Users`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${TOKEN}`,
        'content-type': 'application/scim+json',
        'content-encoding': 'gzip',
      },
      body: gzipSync(JSON.stringify({ ...newUser('bomb'), title: 'x'.repeat(50_000_000) })),
    })
    expect(response.status).toBe(413)
  })

  test('a body that is too large is 413 in SCIM form', async () => {
    const { status, body } = await gateway.post('/Users', newUser('x'.repeat(6_000_000)))
    expect(status).toBe(413)
    expect(body).toMatchObject({ schemas: [ERROR], status: '413' })
  })

  test.each([
    ['no JSON', '{"userName":'],
    ['nothing', ''],
    ['bytes that are not UTF-8 text of JSON', '\u0000'],
  ])('%s is invalidSyntax', async (_, text) => {
    const { status, body } = await gateway.post('/Users', text)
    expect([status, body.scimType]).toEqual([400, 'invalidSyntax'])
  })

  test('a body that is no JSON is told where', async () => {
    const { body } = await gateway.post('/Users', '{"userName": bob}')
    expect(body.detail).toMatch(/^the body is not JSON: Unexpected token 'b', .*"userName": bob/)
  })

  test('a body that is not UTF-8 is refused rather than guessed at', async () => {
    const send = (charset: string, bytes: Buffer) =>
      fetch(`${gateway.url}/Users`, {
        method: 'POST',
        headers: {
          authorization: `Bearer ${TOKEN}`,
          'content-type': `application/scim+json${charset}`,
        },
        body: new Uint8Array(bytes),
      })
    const latin = Buffer.from(JSON.stringify(newUser('søren')), 'latin1')
    expect((await send('', latin)).status).toBe(400)
    expect((await send('; charset=iso-8859-1', latin)).status).toBe(415)
    const utf8 = Buffer.from(JSON.stringify(newUser('søren')))
    expect((await send('; charset="UTF-8"', utf8)).status).toBe(201)
  })

  test('a body of a million brackets is refused at once', async () => {
    const { status, body } = await gateway.post('/Users', '['.repeat(1_000_000))
    expect([status, body.scimType]).toEqual([400, 'invalidSyntax'])
    const strings = { ...newUser('brackets'), title: '[{"'.repeat(100) }
    expect((await gateway.post('/Users', strings)).status).toBe(201)
  })

  test('a path whose percent-encoding is broken is 400', async () => {
    const { status, body } = await gateway.get('/Users/%E0%A4%A')
    expect(status).toBe(400)
    expect(body.schemas).toEqual([ERROR])
  })

  test('an id that no directory has is 404, whatever it is', async () => {
    for (const id of ['1', 'not-a-uuid', '%2e%2e%2fGroups', '*', '%00', 'a'.repeat(5_000)]) {
      expect((await gateway.get(`/Users/${id}`)).status, id).toBe(404)
    }
  })
})

describe('what it wants', () => {
  test('unknown paths are 404 in SCIM form, inside and outside of an endpoint', async () => {
    expect((await gateway.get('/Nothing')).body).toEqual({
      schemas: [ERROR],
      status: '404',
      detail: 'there is nothing at /Nothing',
    })
    const outside = await fetch(new URL('/elsewhere', gateway.url))
    expect(outside.status).toBe(404)
    expect(await outside.json()).toMatchObject({ schemas: [ERROR], status: '404' })
  })

  test('a method that is not possible is 405 and told what is', async () => {
    const { status, headers, body } = await gateway.post('/Users/1', {})
    expect(status).toBe(405)
    expect(headers.get('allow')).toBe('GET, HEAD, PUT, PATCH, DELETE, OPTIONS')
    expect(body.detail).toContain('POST is not possible here')
  })

  test('what is not possible is told before what is wrong with its body', async () => {
    for (const path of ['/ServiceProviderConfig', '/Schemas', '/ResourceTypes/User']) {
      const { status } = await gateway.request('POST', path, 'no JSON', {
        'content-type': 'text/plain',
      })
      expect(status).toBe(405)
    }
    expect((await gateway.request('POST', '/Nothing', 'no JSON')).status).toBe(404)
  })

  test('OPTIONS tells what is possible', async () => {
    const { status, headers, body } = await gateway.request('OPTIONS', '/Users')
    expect([status, headers.get('allow'), body]).toEqual([
      204,
      'GET, HEAD, POST, OPTIONS',
      undefined,
    ])
  })

  test.each([
    'application/json',
    'application/scim+json; charset=utf-8',
    'text/html, */*;q=0.1',
    '',
  ])('Accept: %s is served', async (accept) => {
    const { status, headers } = await gateway.get('/ServiceProviderConfig', { accept })
    expect(status).toBe(200)
    expect(headers.get('content-type')).toBe('application/scim+json')
  })

  test.each(['text/html', 'application/xml, image/*', 'application/json;q=0'])(
    'Accept: %s is 406',
    async (accept) => {
      const { status, headers, body } = await gateway.get('/ServiceProviderConfig', { accept })
      expect([status, body.status]).toEqual([406, '406'])
      expect(headers.get('content-type')).toBe('application/scim+json')
    },
  )

  test('HEAD answers as GET without a body', async () => {
    const response = await fetch(`${gateway.url}/ServiceProviderConfig`, {
      method: 'HEAD',
      headers: { authorization: `Bearer ${TOKEN}` },
    })
    expect(response.status).toBe(200)
    expect(await response.text()).toBe('')
  })

  test('answers are application/scim+json, never stored and never sniffed', async () => {
    const { headers } = await gateway.get('/Users')
    expect(headers.get('content-type')).toBe('application/scim+json')
    expect(headers.get('cache-control')).toBe('no-store')
    expect(headers.get('x-content-type-options')).toBe('nosniff')
    expect(headers.has('x-powered-by')).toBe(false)
  })

  test('locations begin with the host that the client used', async () => {
    const answer = await raw(
      `GET /scim/v2/ResourceTypes/User HTTP/1.1\r\nHost: scim.example:99\r\nAuthorization: Bearer ${TOKEN}\r\nConnection: close\r\n\r\n`,
    )
    expect(answer).toContain('"location":"http://scim.example:99/scim/v2/ResourceTypes/User"')
  })
})

describe('what is logged', () => {
  const lineOf = async (requestId: string | null) =>
    vi.waitFor(() => {
      const line = gateway.log.find(
        (entry) => entry.msg === 'request' && entry.requestId === requestId,
      )
      if (line === undefined) throw new Error('not logged yet')
      return line
    })

  test('one line per request: who, what, how it ended, how long, how many LDAP operations', async () => {
    const { headers } = await gateway.get('/Users?filter=userName%20eq%20%22amara.okafor%22')
    const { time: _time, ...line } = await lineOf(headers.get('x-request-id'))
    expect(line).toEqual({
      level: 30,
      msg: 'request',
      address: '127.0.0.1',
      requestId: headers.get('x-request-id'),
      client: 'tests',
      method: 'GET',
      route: '/Users',
      status: 200,
      ms: expect.any(Number),
      ldapOperations: 1,
    })
  })

  test('a refusal is logged with its kind', async () => {
    const { headers } = await gateway.get('/Users?filter=userName%20eq')
    expect(await lineOf(headers.get('x-request-id'))).toMatchObject({
      status: 400,
      scimType: 'invalidFilter',
    })
  })

  test('a client that hangs up is logged as 499', async () => {
    const before = gateway.log.length
    const { hostname, port } = new URL(gateway.url)
    const socket = connect(Number(port), hostname, () => {
      socket.write(
        `POST /scim/v2/Users HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${TOKEN}\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{`,
        () => setTimeout(() => socket.destroy(), 50),
      )
    })
    await vi.waitFor(() =>
      expect(gateway.log.slice(before)).toContainEqual(
        expect.objectContaining({ msg: 'request', status: 499, method: 'POST' }),
      ),
    )
    expect(gateway.log.slice(before).filter(({ level }) => level >= 50)).toEqual([])
  })
})

describe('the admin port', () => {
  test('says that the process lives and that the directory can be asked', async () => {
    const ask = async (path: string) => {
      const response = await fetch(`${gateway.adminUrl}${path}`)
      return [response.status, await response.json()]
    }
    expect(await ask('/healthz')).toEqual([200, { status: 'ok' }])
    expect(await ask('/readyz')).toEqual([
      200,
      { status: 'ready', endpoints: { '/scim/v2': true } },
    ])
  })

  test('tells Prometheus of requests, by client, route and quirk', async () => {
    await gateway.post('/Users', { ...newUser('measured'), active: 'True' })
    const metrics = async () => (await fetch(`${gateway.adminUrl}/metrics`)).text()
    await expect
      .poll(metrics)
      .toMatch(
        /^scim2ldap_quirks_total\{endpoint="\/scim\/v2",client="tests",quirk="booleanAsText"\} 1$/m,
      )
    const text = await metrics()
    expect(text).toMatch(
      /^scim2ldap_requests_total\{endpoint="\/scim\/v2",client="tests",method="POST",route="\/Users",status="201"\} \d+$/m,
    )
    expect(text).toMatch(
      /^scim2ldap_ldap_operations_total\{endpoint="\/scim\/v2",method="POST",route="\/Users"\} \d+$/m,
    )
    expect(text).toMatch(/^scim2ldap_request_duration_seconds_count\{.*route="\/Users"\} \d+$/m)
    expect(text).toMatch(/^scim2ldap_requests_in_flight 0$/m)
    const ofDirectory = (name: string, labels: string, value: string) =>
      expect(text).toMatch(
        new RegExp(`^scim2ldap_directory_${name}{endpoint="/scim/v2"${labels}} ${value}$`, 'm'),
      )
    ofDirectory('operations_total', ',operation="add",result="success"', '[1-9]\\d*')
    ofDirectory('operation_duration_seconds_count', ',operation="search"', '[1-9]\\d*')
    ofDirectory('up', '', '1')
    ofDirectory('connections', ',lane="shared"', '[1-9]')
    ofDirectory('operations_in_flight', ',lane="shared"', '0')
    ofDirectory('operations_waiting', ',lane="exclusive"', '0')
    expect(text).toMatch(/^process_resident_memory_bytes /m)
    expect(text).not.toContain('measured')
  })

  test('serves no SCIM', async () => {
    const response = await fetch(`${gateway.adminUrl}/scim/v2/Users`, {
      headers: { authorization: `Bearer ${TOKEN}` },
    })
    expect(response.status).toBe(404)
  })
})
