import { randomBytes } from 'node:crypto'

/** A password of 36 characters that nobody knows; it has letters of both cases, a digit and a mark, for policies that count kinds. */
export function newPassword(): string {
  return `Aa1-${randomBytes(24).toString('base64url')}`
}
