import type { Entry } from '../ldap/entry.ts'
import { printDn } from '../ldap/dn.ts'
import type { Directory } from '../ldap/directory.ts'
import type { Write } from '../ldap/operation.ts'
import { LdapError } from '../ldap/result.ts'
import type { Plan, Step } from '../plan/plan.ts'
import { ScimError } from '../scim/error.ts'
import type { Context } from './context.ts'

/**
 * Runs a plan's steps in order. When one fails, those before it are undone and its error is thrown.
 *
 * @returns What the last read control told of the entry.
 * @throws {ScimError} 500, saying what was done, where it could not be undone.
 */
export async function execute(context: Context, { steps }: Plan): Promise<Entry | undefined> {
  const done: Step[] = []
  let entry: Entry | undefined
  for (const step of steps) {
    try {
      entry = (await runStep(context.directory, step)) ?? entry
    } catch (error) {
      await undo(context, done, error)
      throw error
    }
    done.push(step)
  }
  return entry
}

async function runStep(directory: Directory, step: Step): Promise<Entry | undefined> {
  let { write } = step
  const alternatives = [...(step.otherwise ?? [])]
  for (;;) {
    try {
      return await run(directory, write)
    } catch (error) {
      const index = alternatives.findIndex(
        ({ on }) => error instanceof LdapError && error.result === on,
      )
      const [alternative] = index < 0 ? [] : alternatives.splice(index, 1)
      if (alternative === undefined) throw error
      write = alternative.write
    }
  }
}

/** A write that has begun is not given up when its client hangs up: it takes no signal. */
async function run(directory: Directory, write: Write): Promise<Entry | undefined> {
  switch (write.kind) {
    case 'add':
      return directory.add(write)
    case 'modify':
      return directory.modify(write)
    case 'rename':
      return directory.rename(write)
    case 'delete':
      return directory.delete(write)
    case 'password':
      await directory.modifyPassword(write)
      return undefined
  }
}

async function undo(
  { directory, log }: Context,
  done: readonly Step[],
  cause: unknown,
): Promise<void> {
  for (const step of [...done].reverse()) {
    if (step.undo === undefined) continue
    try {
      await run(directory, step.undo)
    } catch (error) {
      const what = `${step.write.kind} of ${printDn(step.write.dn)}`
      log.error({ err: error, step: what }, 'a step could not be undone')
      throw new ScimError(
        500,
        `the request was carried out in part: the ${what} succeeded, what followed it failed, and it could not be undone`,
        { cause },
      )
    }
  }
}
