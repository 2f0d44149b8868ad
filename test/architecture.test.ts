import { globSync, readFileSync } from 'node:fs'
import { basename, dirname, join, posix, resolve } from 'node:path'
import ts from 'typescript'
import { describe, expect, test } from 'vitest'

interface Borders {
  /** The folders of src that a folder may import besides itself. */
  readonly folders: readonly string[]
  /** The packages and modules of Node that it may import. */
  readonly packages: readonly string[]
}

/** Who imports whom. Files directly in src, and commands, put everything together: no borders. */
const FOLDERS: Readonly<Record<string, Borders | 'everything'>> = {
  '.': 'everything',
  commands: 'everything',
  scim: { folders: [], packages: [] },
  ldap: { folders: [], packages: [] },
  mapping: { folders: ['scim', 'ldap'], packages: ['ajv', 'any-ascii', 'liquidjs'] },
  // node:crypto: hashes, which are functions of values.
  plan: { folders: ['scim', 'ldap', 'mapping'], packages: ['node:crypto'] },
  gateway: { folders: ['scim', 'ldap', 'mapping', 'plan'], packages: [] },
  directory: {
    folders: ['ldap'],
    packages: [
      ...['ldapts', 'node:buffer', 'node:dns/promises', 'node:net'],
      ...['node:timers/promises', 'node:tls'],
    ],
  },
  http: {
    folders: ['scim', 'gateway'],
    packages: [
      ...['@opentelemetry/api', 'express', 'jose', 'node:crypto', 'node:http', 'node:net'],
      ...['node:stream', 'node:tls', 'prom-client'],
    ],
  },
  counters: { folders: [], packages: ['@redis/client'] },
  config: {
    folders: ['mapping'],
    packages: [
      ...['ajv', 'node:crypto', 'node:fs', 'node:fs/promises', 'node:net', 'node:path', 'yaml'],
    ],
  },
  demo: {
    folders: ['ldap'],
    packages: [
      ...['node:child_process', 'node:crypto', 'node:events', 'node:fs', 'node:fs/promises'],
      ...['node:net', 'node:os', 'node:path', 'node:stream', 'node:stream/promises'],
      ...['node:timers/promises', 'node:tls', 'node:util'],
    ],
  },
}

/** What single files may import besides. */
const EXCEPTIONS: readonly Exception[] = [
  { importer: /^scim\/validate\.ts$/, imported: /^ajv$/ },
  // The types of the settings stand where the settings are used.
  {
    importer: /^config\//,
    imported: /^(http|directory|counters|gateway)\/options\.ts$/,
    types: true,
  },
  // Who counts sees the port alone, not what is behind it.
  { importer: /^(http|gateway)\//, imported: /^counters\/counters\.ts$/, types: true },
]

interface Exception {
  readonly importer: RegExp
  readonly imported: RegExp
  /** Only by `import type`. */
  readonly types?: boolean
}

interface Import {
  /** Below src, as `imported` where that is a file of ours. */
  readonly importer: string
  /** A file below src, or the name of a package. */
  readonly imported: string
  readonly ours: boolean
  /** All of it is types: `import type`. */
  readonly typeOnly: boolean
  /** Some of it is types in the midst of values: `import { type A, b }`. */
  readonly inlineType: boolean
}

const SOURCE = resolve(import.meta.dirname, '../src')
const FILES = globSync('**/*.ts', { cwd: SOURCE }).sort()
const IMPORTS = FILES.flatMap((file) => importsOf(file, readFileSync(join(SOURCE, file), 'utf8')))

describe('src', () => {
  test('every folder has its place in the table', () => {
    expect(FILES.map(folderOf).filter((folder) => !Object.hasOwn(FOLDERS, folder))).toEqual([])
  })

  test('folders import only what the table allows', () => {
    expect(IMPORTS.filter((edge) => !allowed(edge)).map(arrow)).toEqual([])
  })

  test('no file imports itself, not even through others', () => {
    expect(cycles(IMPORTS).map((cycle) => cycle.join(' → '))).toEqual([])
  })

  test('types are imported by lines of their own', () => {
    expect(IMPORTS.filter(({ inlineType }) => inlineType).map(arrow)).toEqual([])
  })

  test('no file only hands on what others own', () => {
    expect(FILES.filter((file) => basename(file) === 'index.ts')).toEqual([])
  })
})

describe('the rules themselves', () => {
  const edges = (file: string, text: string) => importsOf(file, text)
  const refused = (file: string, text: string) =>
    edges(file, text)
      .filter((edge) => !allowed(edge))
      .map(arrow)

  test.each([
    ['a folder', 'ldap/dn.ts', `import { a } from '../scim/path.ts'`],
    ['a folder by its types', 'ldap/dn.ts', `import type { A } from '../scim/path.ts'`],
    ['a folder by re-export', 'ldap/dn.ts', `export * from '../scim/path.ts'`],
    ['a folder by a call', 'ldap/dn.ts', `const a = await import('../scim/path.ts')`],
    ['a folder by a type', 'ldap/dn.ts', `type A = import('../scim/path.ts').A`],
    ['the files of src itself', 'http/app.ts', `import { a } from '../server.ts'`],
    ['a package', 'gateway/read.ts', `import { Client } from 'ldapts'`],
    ['a part of a package', 'gateway/read.ts', `import ajv from 'ajv/dist/2020.js'`],
    ['ajv elsewhere in scim', 'scim/patch.ts', `import { Ajv } from 'ajv'`],
    ['values of options', 'config/load.ts', `import { a } from '../http/options.ts'`],
  ])('%s is refused', (_, file, text) => {
    expect(refused(file, text)).toHaveLength(1)
  })

  test.each([
    ['a folder below', 'mapping/rules.ts', `import { a } from '../ldap/dialects/openldap.ts'`],
    ['its own folder', 'ldap/dialects/openldap.ts', `import { a } from '../dialect.ts'`],
    ['a part of its package', 'mapping/document.ts', `import ajv from 'ajv/dist/2020.js'`],
    ['types of options', 'config/load.ts', `import type { A } from '../http/options.ts'`],
    ['ajv where it belongs', 'scim/validate.ts', `import { Ajv } from 'ajv'`],
    ['anything, at the top', 'main.ts', `import { a } from './http/app.ts'`],
  ])('%s is allowed', (_, file, text) => {
    expect(edges(file, text)).toHaveLength(1)
    expect(refused(file, text)).toEqual([])
  })

  test('a cycle is found, a diamond is none', () => {
    const file = (name: string, ...others: readonly string[]) =>
      others.flatMap((other) => importsOf(`scim/${name}.ts`, `import './${other}.ts'`))
    expect(cycles([...file('a', 'b', 'c'), ...file('b', 'd'), ...file('c', 'd')])).toEqual([])
    expect(cycles([...file('a', 'b'), ...file('b', 'c'), ...file('c', 'b')])).toEqual([
      ['scim/b.ts', 'scim/c.ts', 'scim/b.ts'],
    ])
  })
})

function allowed({ importer, imported, ours, typeOnly }: Import): boolean {
  const borders = FOLDERS[folderOf(importer)]
  if (borders === 'everything') return true
  const exception = EXCEPTIONS.some(
    (rule) =>
      rule.importer.test(importer) &&
      rule.imported.test(imported) &&
      (typeOnly || rule.types !== true),
  )
  if (exception || borders === undefined) return exception
  return ours
    ? folderOf(imported) === folderOf(importer) || borders.folders.includes(folderOf(imported))
    : borders.packages.some((name) => imported === name || isPartOf(imported, name))
}

/** `ajv/dist/2020.js` is a part of the package ajv; `node:fs/promises` is a module of its own. */
function isPartOf(imported: string, name: string): boolean {
  return !name.startsWith('node:') && imported.startsWith(`${name}/`)
}

function folderOf(file: string): string {
  return dirname(file).split('/')[0] ?? '.'
}

function arrow({ importer, imported }: Import): string {
  return `${importer} → ${imported}`
}

function importsOf(file: string, text: string): readonly Import[] {
  const found: Import[] = []
  const add = (specifier: ts.Node | undefined, typeOnly: boolean, inlineType = false) => {
    if (specifier === undefined || !ts.isStringLiteral(specifier)) return
    const ours = specifier.text.startsWith('.')
    const imported = ours ? posix.join(posix.dirname(file), specifier.text) : specifier.text
    found.push({ importer: file, imported, ours, typeOnly, inlineType })
  }
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node)) {
      const clause = node.importClause
      const typeOnly = clause?.phaseModifier === ts.SyntaxKind.TypeKeyword
      add(node.moduleSpecifier, typeOnly, namesOf(clause).some(isTypeOnly))
    } else if (ts.isExportDeclaration(node)) {
      const named = node.exportClause
      const inline = named !== undefined && ts.isNamedExports(named) ? named.elements : []
      add(node.moduleSpecifier, node.isTypeOnly, inline.some(isTypeOnly))
    } else if (ts.isImportTypeNode(node)) {
      add(ts.isLiteralTypeNode(node.argument) ? node.argument.literal : undefined, true)
    } else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
      add(node.arguments[0], false)
    }
    ts.forEachChild(node, visit)
  }
  visit(ts.createSourceFile(file, text, ts.ScriptTarget.Latest))
  return found
}

function namesOf(clause: ts.ImportClause | undefined): readonly ts.ImportSpecifier[] {
  const bindings = clause?.namedBindings
  return bindings !== undefined && ts.isNamedImports(bindings) ? bindings.elements : []
}

function isTypeOnly(specifier: ts.ImportSpecifier | ts.ExportSpecifier): boolean {
  return specifier.isTypeOnly
}

/** One cycle for each file that closes one, its first file repeated at the end. */
function cycles(imports: readonly Import[]): readonly (readonly string[])[] {
  const edges = new Map<string, string[]>()
  for (const { importer, imported, ours } of imports) {
    if (!ours) continue
    const list = edges.get(importer)
    if (list === undefined) edges.set(importer, [imported])
    else list.push(imported)
  }
  const found: (readonly string[])[] = []
  const done = new Set<string>()
  const walk = (file: string, path: readonly string[]): void => {
    const start = path.indexOf(file)
    if (start >= 0) found.push([...path.slice(start), file])
    if (start >= 0 || done.has(file)) return
    for (const next of edges.get(file) ?? []) walk(next, [...path, file])
    done.add(file)
  }
  for (const file of edges.keys()) walk(file, [])
  return found
}
