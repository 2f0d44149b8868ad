import type { Socket } from 'node:net'
import { connect as connectTcp, isIP } from 'node:net'
import type { ConnectionOptions } from 'node:tls'
import { connect as connectTls } from 'node:tls'

import { EXTENSIONS } from '../ldap/control.ts'
import { LdapError, UnavailableError } from '../ldap/result.ts'
import { decodeMessage } from './decode.ts'
import { encodeExtended } from './encode.ts'
import { Frames } from './frames.ts'
import type { Address, CompleteOptions, TlsOptions } from './options.ts'

/**
 * A socket to a server over which a bind may go: with TLS, its certificate verified, wherever the
 * options ask for it.
 *
 * @throws {UnavailableError} Where that cannot be had.
 * @throws The signal's reason.
 */
export async function openTransport(
  address: Address,
  options: CompleteOptions,
  signal: AbortSignal,
): Promise<Socket> {
  const socket = connectTcp({ host: address.host, port: address.port, noDelay: true })
  socket.setKeepAlive(true, 30_000)
  // TLS takes the socket over, errors are then seen on its own; nobody else may trip over them.
  socket.on('error', () => {})
  const destroy = () => socket.destroy()
  signal.addEventListener('abort', destroy, { once: true })
  try {
    signal.throwIfAborted()
    await arrival(socket, 'connect')
    if (!address.secure && !options.startTls) return socket
    if (!address.secure) await startTls(socket, options.maxMessageBytes)
    return await secure(socket, address.host, options.tls)
  } catch (error) {
    socket.destroy()
    signal.throwIfAborted()
    throw new UnavailableError(`${address.url}: ${words(error)}`, {
      sent: false,
      cause: error,
    })
  } finally {
    signal.removeEventListener('abort', destroy)
  }
}

/** Asks for TLS and waits for the consent (RFC 4511 §4.14.1); what follows it unasked is an attack. */
async function startTls(socket: Socket, maxMessageBytes: number): Promise<void> {
  const request = encodeExtended('StartTLS', EXTENSIONS.startTls)
  const frames = new Frames(maxMessageBytes)
  const answer = await new Promise<Buffer>((resolve, reject) => {
    const take = (chunk: Buffer) => {
      try {
        const [message, surplus] = frames.push(chunk)
        if (message === undefined) return
        socket.off('data', take).off('error', failed).off('close', gone).pause()
        if (surplus !== undefined || frames.waiting > 0) {
          throw new Error('the server sent more than an answer before TLS began')
        }
        resolve(message)
      } catch (error) {
        failed(error as Error)
      }
    }
    const failed = (error: Error) => reject(error)
    const gone = () => reject(new Error('the server closed the connection before TLS began'))
    socket.on('data', take).on('error', failed).on('close', gone)
    socket.write(request.message(1).write())
  })
  const decoded = decodeMessage(answer)
  if (decoded.kind !== 'result' || decoded.result.tag !== request.response) {
    throw new Error('the server did not answer StartTLS')
  }
  const { code, diagnostic, matchedDn } = decoded.result
  if (code !== 0) throw new LdapError(request.operation, code, diagnostic, matchedDn)
}

async function secure(socket: Socket, host: string, tls: TlsOptions): Promise<Socket> {
  const name = tls.servername ?? host
  const options: ConnectionOptions = {
    socket,
    host: name,
    minVersion: 'TLSv1.2',
    rejectUnauthorized: !tls.allowUnverified,
  }
  // RFC 6066 §3: an address is no server name.
  if (isIP(name) === 0) options.servername = name
  if (tls.ca !== undefined) options.ca = tls.ca
  if (tls.certificate !== undefined) options.cert = tls.certificate
  if (tls.key !== undefined) options.key = tls.key
  const secured = connectTls(options).on('error', () => {})
  await arrival(secured, 'secureConnect')
  return secured
}

function arrival(socket: Socket, event: 'connect' | 'secureConnect'): Promise<void> {
  return new Promise((resolve, reject) => {
    const gone = () => reject(new Error('the server closed the connection'))
    const arrived = () => {
      socket.off('error', reject).off('close', gone)
      resolve()
    }
    socket.once(event, arrived).once('error', reject).once('close', gone)
  })
}

/** What OpenSSL and Node call a certificate that does not hold, in the operator's words. */
const CERTIFICATE_PROBLEMS = new Map([
  ['ERR_TLS_CERT_ALTNAME_INVALID', 'the certificate is for another host'],
  ['DEPTH_ZERO_SELF_SIGNED_CERT', 'the certificate is not trusted; set tls.ca'],
  ['SELF_SIGNED_CERT_IN_CHAIN', 'the certificate is not trusted; set tls.ca'],
  ['UNABLE_TO_GET_ISSUER_CERT', 'the certificate is not trusted; set tls.ca'],
  ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'the certificate is not trusted; set tls.ca'],
  ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'the certificate is not trusted; set tls.ca'],
  ['CERT_SIGNATURE_FAILURE', 'the certificate is not trusted; set tls.ca'],
  ['CERT_HAS_EXPIRED', 'the certificate has expired'],
  ['CERT_NOT_YET_VALID', 'the certificate is not valid yet'],
])

function words(error: unknown): string {
  if (error instanceof AggregateError) {
    return error.errors.map((each: unknown) => words(each)).join('; ')
  }
  if (!(error instanceof Error)) return String(error)
  const code = 'code' in error ? String(error.code) : ''
  const problem = CERTIFICATE_PROBLEMS.get(code)
  // OpenSSL's message is its whole error queue; `reason` is what an operator can read.
  if (code.startsWith('ERR_SSL_') && 'reason' in error) return `no TLS: ${String(error.reason)}`
  return problem === undefined ? error.message : `${problem} (${error.message})`
}
