import type { Dialect } from '../dialect.ts'

/** Groups as RFC 4519 (§3.5, §3.6) has them. */
export const standardGroups: Dialect['groups'] = {
  kinds: [
    { objectClass: 'groupOfNames', member: 'member' },
    { objectClass: 'groupOfUniqueNames', member: 'uniqueMember' },
  ],
}
