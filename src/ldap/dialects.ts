import type { Dialect } from './dialect.ts'
import { activeDirectory } from './dialects/active-directory.ts'
import { ds389 } from './dialects/ds389.ts'
import { openldap } from './dialects/openldap.ts'

/** The directory products that a mapping can name as its `dialect`. */
export const DIALECTS = {
  openldap,
  '389ds': ds389,
  'active-directory': activeDirectory,
} satisfies Record<string, Dialect>

export type DialectName = keyof typeof DIALECTS
