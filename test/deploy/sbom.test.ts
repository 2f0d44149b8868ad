import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { expect, test } from 'vitest'
import { npm } from '../support/npm.ts'
import { productionPackages } from '../support/sbom.ts'

const ROOT = resolve(import.meta.dirname, '../..')

interface Bom {
  readonly bomFormat: string
  readonly metadata: { readonly component: { readonly name: string; readonly purl: string } }
  readonly components: readonly Component[]
  readonly dependencies: readonly { readonly ref: string; readonly dependsOn: readonly string[] }[]
}

interface Component {
  readonly name: string
  readonly purl: string
  readonly 'bom-ref': string
  readonly hashes?: readonly unknown[]
  readonly licenses?: readonly unknown[]
}

test('npm run sbom lists every production dependency, with hash and licence, and nothing else', async () => {
  await npm('run', 'sbom')
  const bom = JSON.parse(readFileSync(join(ROOT, 'sbom.cdx.json'), 'utf8')) as Bom
  expect(bom.bomFormat).toBe('CycloneDX')
  expect(bom.metadata.component).toMatchObject({
    name: 'scim2ldap',
    purl: expect.stringMatching(/^pkg:npm\/scim2ldap@/) as string,
  })
  expect(bom.components.map(({ purl }) => purl).sort()).toEqual([...productionPackages()].sort())
  const bare = bom.components.filter(({ hashes, licenses }) => !hashes?.length || !licenses?.length)
  expect(bare).toEqual([])
  // From the root, dependencies lead to each of them.
  const { dependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
    dependencies: object
  }
  const names = bom.components.map(({ name }) => name)
  expect(Object.keys(dependencies).filter((name) => !names.includes(name))).toEqual([])
  const edges = new Map(bom.dependencies.map(({ ref, dependsOn }) => [ref, dependsOn]))
  const reached = new Set<string>()
  const walk = (ref: string) => {
    if (reached.has(ref)) return
    reached.add(ref)
    edges.get(ref)?.forEach(walk)
  }
  walk(bom.dependencies.find(({ ref }) => ref.startsWith('scim2ldap@'))?.ref ?? '')
  const unreached = bom.components.filter((one) => !reached.has(one['bom-ref']))
  expect(unreached.map(({ name }) => name)).toEqual([])
})
