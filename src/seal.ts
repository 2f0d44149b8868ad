import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto'
import type { Seal } from './gateway/cursor.ts'

const CIPHER = 'aes-256-gcm'
const IV_BYTES = 12
const TAG_BYTES = 16
const TIME_BYTES = 6

/**
 * A seal by AES-256-GCM. Its text is base64url: unreserved characters alone (RFC 9865 §2).
 *
 * @param secret Text that replicas share; a random key where it is absent, and cursors of other
 *   processes are invalid then.
 * @param lifetime In s.
 * @param now Milliseconds since 1970.
 */
export function createSeal(secret: string | undefined, lifetime: number, now = Date.now): Seal {
  const key =
    secret === undefined
      ? randomBytes(32)
      : Buffer.from(hkdfSync('sha256', secret, '', 'scim2ldap cursors', 32))
  return {
    lifetime,
    close: (text, context) => {
      const iv = randomBytes(IV_BYTES)
      const cipher = createCipheriv(CIPHER, key, iv).setAAD(Buffer.from(context))
      const time = Buffer.alloc(TIME_BYTES)
      time.writeUIntBE(now(), 0, TIME_BYTES)
      const sealed = [cipher.update(time), cipher.update(text, 'utf8'), cipher.final()]
      return Buffer.concat([iv, ...sealed, cipher.getAuthTag()]).toString('base64url')
    },
    open: (sealed, context) => {
      const bytes = Buffer.from(sealed, 'base64url')
      if (bytes.length < IV_BYTES + TIME_BYTES + TAG_BYTES) return { problem: 'invalid' }
      const iv = bytes.subarray(0, IV_BYTES)
      const decipher = createDecipheriv(CIPHER, key, iv, { authTagLength: TAG_BYTES })
        .setAAD(Buffer.from(context))
        .setAuthTag(bytes.subarray(-TAG_BYTES))
      let content: Buffer
      try {
        content = Buffer.concat([
          decipher.update(bytes.subarray(IV_BYTES, -TAG_BYTES)),
          decipher.final(),
        ])
      } catch {
        return { problem: 'invalid' }
      }
      const closed = content.readUIntBE(0, TIME_BYTES)
      if (now() - closed > lifetime * 1000) return { problem: 'expired' }
      return { text: content.subarray(TIME_BYTES).toString('utf8') }
    },
  }
}
