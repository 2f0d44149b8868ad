import { readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { npm } from './npm.ts'

// `npm run sbom`: sbom.cdx.json, the production dependencies of package-lock.json in the format
// CycloneDX. `npm sbom --omit dev` would leave out what a devDependency needs as well.

const ROOT = resolve(import.meta.dirname, '../..')

interface Lock {
  readonly name: string
  readonly packages: Readonly<Record<string, { readonly version?: string; readonly dev?: boolean }>>
}

interface Bom {
  readonly metadata: { readonly component: { name: string; readonly 'bom-ref': string } }
  components: readonly { readonly purl: string; readonly 'bom-ref': string }[]
  dependencies: readonly { readonly ref: string; readonly dependsOn?: readonly string[] }[]
}

/** Package URLs of everything in package-lock.json that is not for development alone. */
export function productionPackages(): ReadonlySet<string> {
  const purls = Object.entries(lock().packages)
    .filter(([path, { dev }]) => path !== '' && dev !== true)
    .map(([path, { version = '' }]) => {
      const name = path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length)
      return `pkg:npm/${name.replace('@', '%40')}@${version}`
    })
  return new Set(purls)
}

function lock(): Lock {
  return JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')) as Lock
}

async function writeBom(): Promise<void> {
  const arguments_ = ['--sbom-format', 'cyclonedx', '--sbom-type', 'application']
  const bom = JSON.parse(await npm('sbom', ...arguments_)) as Bom
  const wanted = productionPackages()
  const { component } = bom.metadata
  component.name = lock().name // npm takes the folder's
  bom.components = bom.components.filter(({ purl }) => wanted.has(purl))
  const refs = new Set([component['bom-ref'], ...bom.components.map((one) => one['bom-ref'])])
  bom.dependencies = bom.dependencies
    .filter(({ ref }) => refs.has(ref))
    .map(({ ref, dependsOn = [] }) => ({ ref, dependsOn: dependsOn.filter((to) => refs.has(to)) }))
  writeFileSync(join(ROOT, 'sbom.cdx.json'), `${JSON.stringify(bom, undefined, 2)}\n`)
}

if (import.meta.main) await writeBom()
