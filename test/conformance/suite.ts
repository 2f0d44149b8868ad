import { afterAll, beforeAll, describe } from 'vitest'
import { patch } from './patch.ts'
import { bulk } from './bulk.ts'
import { passwords } from './passwords.ts'
import { groups } from './groups.ts'
import { lists } from './lists.ts'
import { references } from './references.ts'
import { concurrency } from './concurrency.ts'
import type { Subject, SubjectOf } from './subject.ts'
import { users } from './users.ts'
import { versions } from './versions.ts'

const PARTS = {
  users,
  patch,
  passwords,
  groups,
  references,
  lists,
  versions,
  concurrency,
  bulk,
}

/**
 * What every directory must do through the gateway, over HTTP, with writes read back by another client.
 *
 * @param more Further parts, for what one mapping does beyond others.
 */
export function conformance(
  name: string,
  start: () => Promise<Subject>,
  more: Readonly<Record<string, (subjectOf: SubjectOf) => void>> = {},
): void {
  describe(name, () => {
    let subject: Subject | undefined
    beforeAll(async () => {
      subject = await start()
    })
    afterAll(() => subject?.stop())
    for (const [part, declare] of Object.entries({ ...PARTS, ...more })) {
      describe(part, () =>
        declare(() => {
          if (subject === undefined) throw new Error('the directory is not up')
          return subject
        }),
      )
    }
  })
}
