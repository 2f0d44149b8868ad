import type { Dialect } from './dialect.ts'
import { openldap } from './dialects/openldap.ts'

/** The directory products that a mapping can name as its `dialect`. */
export const DIALECTS = { openldap } satisfies Record<string, Dialect>

export type DialectName = keyof typeof DIALECTS
