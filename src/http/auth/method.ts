import type { X509Certificate } from 'node:crypto'

/** What a request shows of who sends it. */
export interface Shown {
  /** The Authorization header, as far as it has a scheme. */
  readonly authorization?: { readonly scheme: string; readonly credentials: string }
  /** Verified by TLS, or handed on by a trusted proxy. */
  readonly certificate?: X509Certificate
}

/** Who it is; or why nobody, in words for the log that tell nothing of the credential. */
export type Verdict = { readonly client: string } | { readonly refused: string }

/** The way in which something was shown. */
export type Kind = 'bearer' | 'basic' | 'certificate' | 'other'

export function kindOf({ authorization, certificate }: Shown): Kind | undefined {
  if (authorization === undefined) return certificate === undefined ? undefined : 'certificate'
  const { scheme } = authorization
  return scheme === 'bearer' || scheme === 'basic' ? scheme : 'other'
}
