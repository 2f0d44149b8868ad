import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { installPrograms, missingPrograms, SAMBA_PROGRAMS } from '../../src/demo/packages.ts'
import type { RunningSamba, SambaOptions } from '../../src/demo/samba.ts'
import { provisionSamba, startSamba as start } from '../../src/demo/samba.ts'
import { preparing } from './preparing.ts'

/** The environment variable that tells test files where the domain is that they take copies of. */
const VARIABLE = 'SCIM2LDAP_TEST_SAMBA'

/** Makes ready what a private Samba needs, once, before test files run side by side. */
export function prepareSamba(): Promise<void> {
  return preparing('Samba', async (say) => {
    if (process.getuid?.() !== 0) throw new Error('A domain can be made by root alone.')
    await installPrograms(SAMBA_PROGRAMS, say)
    process.env[VARIABLE] = await mkdtemp(join(tmpdir(), 'scim2ldap-samba-'))
  })
}

/** Whether this machine can run a Samba; else tests on it are left out, which `prepareSamba` has told. */
export async function hasSamba(): Promise<boolean> {
  return process.env[VARIABLE] !== undefined && (await missingPrograms(SAMBA_PROGRAMS)).length === 0
}

/** A private Samba for one test file. The first one makes the domain; the others take copies of it. */
export async function startSamba(options: SambaOptions = {}): Promise<RunningSamba> {
  const folder = process.env[VARIABLE]
  if (folder === undefined) throw new Error('this machine was not made ready for Samba')
  return start({ template: await templateIn(folder), ...options })
}

/** Removes what `prepareSamba` and `startSamba` made. */
export async function clearSamba(): Promise<void> {
  const folder = process.env[VARIABLE]
  if (folder !== undefined) await rm(folder, { recursive: true, force: true })
}

const PATIENCE = 90_000 // ms

async function templateIn(folder: string): Promise<string> {
  const template = join(folder, 'template')
  const draft = join(folder, 'draft')
  const late = AbortSignal.timeout(PATIENCE)
  while (!existsSync(template)) {
    late.throwIfAborted()
    // A folder is made by one alone.
    const mine = await mkdir(draft).then(
      () => true,
      () => false,
    )
    if (!mine) {
      await setTimeout(100)
      continue
    }
    try {
      await provisionSamba(draft)
      await rename(draft, template)
    } catch (error) {
      await rm(draft, { recursive: true, force: true })
      throw error
    }
  }
  return template
}
