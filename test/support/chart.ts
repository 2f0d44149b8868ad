import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { globSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'

// What helm makes of the chart is kept in the repository, so that its tests run where helm is not.
// `npm run chart` writes it anew, with the helm on PATH; each file begins with a fingerprint of what
// it was made of.

const run = promisify(execFile)

const ROOT = resolve(import.meta.dirname, '../..')
export const CHART = join(ROOT, 'deploy/helm/scim2ldap')
const FOLDER = join(ROOT, 'test/deploy/helm')

/** The values that the chart is rendered with: `NAME.values.yaml`. */
export const VARIANTS = ['minimal', 'full'] as const

export type Variant = (typeof VARIANTS)[number]

export function valuesOf(variant: Variant): string {
  return join(FOLDER, `${variant}.values.yaml`)
}

/** What the repository keeps of it, and its first line. */
export function kept(variant: Variant): { readonly fingerprint: string; readonly text: string } {
  const whole = readFileSync(fileOf(variant), 'utf8')
  const end = whole.indexOf('\n')
  return { fingerprint: whole.slice(0, end), text: whole.slice(end + 1) }
}

/** A line that changes with any file of the chart and with the values. */
export function fingerprintOf(variant: Variant): string {
  const hash = createHash('sha256')
  const files = globSync('**/*', { cwd: CHART, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
  for (const file of [...files, valuesOf(variant)]) hash.update(readFileSync(file)).update('\0')
  return `# made by "npm run chart" of ${hash.digest('hex')}`
}

/**
 * Runs helm on the chart.
 *
 * @throws {Error} What helm refuses it with.
 */
export async function helm(command: 'lint' | 'template', ...args: readonly string[]) {
  const names = command === 'template' ? ['scim', CHART, '--namespace', 'identity'] : [CHART]
  // A helm that was built from source assumes an old Kubernetes.
  const all = [command, ...names, '--kube-version', '1.30.0', ...args]
  const { stdout } = await run('helm', all, { maxBuffer: 1 << 26 })
  return stdout
}

export function render(variant: Variant): Promise<string> {
  return helm('template', '--values', valuesOf(variant))
}

function fileOf(variant: Variant): string {
  return join(FOLDER, `${variant}.rendered.yaml`)
}

if (import.meta.main) {
  for (const variant of VARIANTS) {
    writeFileSync(fileOf(variant), `${fingerprintOf(variant)}\n${await render(variant)}`)
  }
}
