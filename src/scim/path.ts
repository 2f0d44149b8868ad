/**
 * An attribute path as it is written in filters, PATCH and `attributes` (RFC 7644 §3.10): optional
 * schema URN, attribute, optional sub-attribute. Spelling is the client's; see `resolvePath`.
 */
export interface AttributePath {
  readonly schema?: string
  readonly attribute: string
  readonly sub?: string
}
