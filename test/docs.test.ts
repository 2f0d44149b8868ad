import { describe, expect, test } from 'vitest'
import { parse, stringify } from 'yaml'
import { settingsErrors } from '../src/config/settings-schema.ts'
import { parseDn, printDn } from '../src/ldap/dn.ts'
import { DENIED_ATTRIBUTES, DENIED_PREFIXES } from '../src/mapping/denied.ts'
import { compileTemplate, expandDn, expandText } from '../src/mapping/template.ts'
import type { Transform } from '../src/mapping/transform.ts'
import { TRANSFORMS } from '../src/mapping/transforms.ts'
import type { Resource } from '../src/scim/resource.ts'
import { blocksOf, cellsOf, documentOf, DOCUMENTS, sectionOf } from './support/markdown.ts'
import { problemsOf } from './support/rules.ts'

type Tree = Readonly<Record<string, unknown>>

/** What fragments are laid over: the least that Users and Groups must have. */
const BASE = parse(`
dialect: openldap
resources:
  User:
    base: ou=people,{{ suffix }}
    filter: (objectClass=inetOrgPerson)
    dn: uid={{ userName }},ou=people,{{ suffix }}
    objectClass: [inetOrgPerson]
    attributes: { userName: uid }
  Group:
    base: ou=groups,{{ suffix }}
    filter: (objectClass=groupOfNames)
    dn: cn={{ displayName }},ou=groups,{{ suffix }}
    objectClass: [groupOfNames]
    attributes: { displayName: cn }
`) as Tree

/** What fragments of gateway.yaml are laid over: the least that it must have. */
const SETTINGS = parse(`
endpoints:
  /scim/v2:
    mapping: openldap
    directory:
      url: ldaps://ldap.example
      suffix: dc=example
      bind: { method: external }
    clients:
      - { name: client, tokens: [{ sha256: '${'0'.repeat(64)}' }] }
`) as Tree

/** What references to files and the environment stand for. */
const SECRET = 'secret'.repeat(6)

/** Where each kind of fragment belongs in `SETTINGS`. */
const SETTINGS_FRAGMENTS: Readonly<Record<string, (fragment: Tree) => Tree>> = {
  settings: (fragment) => fragment,
  client: (fragment) => ({ endpoints: { '/scim/v2': { clients: [fragment] } } }),
  chart: ({ settings }) => settings as Tree, // values of the Helm chart
}

/** Where each kind of fragment belongs in `BASE`. */
const FRAGMENTS: Readonly<Record<string, (fragment: Tree) => Tree>> = {
  mapping: (fragment) => fragment,
  user: (fragment) => ({ resources: { User: fragment } }),
  'user.attributes': (fragment) => ({ resources: { User: { attributes: fragment } } }),
  group: (fragment) => ({ resources: { Group: fragment } }),
}

const MAPPING = documentOf('docs/mapping.md')

const EXAMPLES = DOCUMENTS.map((file) => ({ file, blocks: blocksOf(documentOf(file)) }))

describe.each(withBlocks('yaml'))('$file', ({ blocks }) => {
  test.each(blocks)('the example of line $line works', ({ text, fragment, next }) => {
    const value = parse(text.replaceAll(/\$\{.*?\}/g, SECRET)) as Tree
    const complete = FRAGMENTS[fragment]
    const completeSettings = SETTINGS_FRAGMENTS[fragment]
    if (fragment === 'wrong') expect(problemsOf(text)).toEqual(next.trim().split('\n'))
    else if (complete !== undefined) {
      expect(problemsOf(stringify(laidOver(BASE, complete(value))))).toEqual([])
    } else if (completeSettings !== undefined) {
      expect(settingsErrors(laidOver(SETTINGS, completeSettings(value)))).toEqual([])
    } else {
      expect(fragment).toBe('')
      if ('endpoints' in value) expect(settingsErrors(value)).toEqual([])
      else expect(problemsOf(text)).toEqual([])
    }
  })
})

describe.each(withBlocks('json'))('$file', ({ blocks }) => {
  test.each(blocks)('the example of line $line is JSON', ({ text }) => {
    expect(() => JSON.parse(text) as unknown).not.toThrow()
  })
})

/** The examples in a language, of the documents that have any. */
function withBlocks(wanted: string) {
  return EXAMPLES.map(({ file, blocks }) => ({
    file,
    blocks: blocks.filter(({ language }) => language === wanted),
  })).filter(({ blocks }) => blocks.length > 0)
}

describe('the tables of docs/mapping.md', () => {
  const transforms = rowsOf(/^\| `as` +\| SCIM /m)

  test('have every transform', () => {
    const names = transforms.map(([as]) => Object.keys(documentOfTransform(as))[0])
    expect([...new Set(names)].sort()).toEqual(Object.keys(TRANSFORMS).sort())
  })

  test.each(transforms)('%s makes of %s in LDAP %s, and back', (as, scim, ldap) => {
    const transform = transformOf(as)
    const value = JSON.parse(scim) as never
    const written = transform.toLdap(value)
    expect(typeof written === 'string' ? written : Buffer.from(written).toString('hex')).toBe(
      typeof written === 'string' ? ldap : ldap.replace(/^the octets `|[` ]/g, ''),
    )
    expect(transform.toScim(written)).toEqual(value)
  })

  test.each(rowsOf(/^\| template +\| resource /m))('%s of %s is %s', (source, resource, result) => {
    const template = compileTemplate(source)
    const scope = { suffix: parseDn('dc=example'), extensions: new Map<string, string>() }
    const value = JSON.parse(resource) as Resource
    if (!source.includes('suffix')) expect(expandText(template, value, scope)).toBe(result)
    else {
      const expanded = expandDn(template, value, scope)
      expect('dn' in expanded && printDn(expanded.dn)).toBe(result)
    }
  })

  test('list every denied attribute', () => {
    const section = sectionOf(MAPPING, '## Denied attributes')
    const listed = [...section.matchAll(/^- .*$/gm)].flatMap(([line]) =>
      [...line.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name.toLowerCase()),
    )
    const families = DENIED_PREFIXES.map((prefix) => `${prefix}…`)
    const denied = [...DENIED_ATTRIBUTES, ...families].map((name) => name.toLowerCase())
    expect(listed.sort()).toEqual(denied.sort())
  })
})

/** The first three cells of a table of docs/mapping.md. */
function rowsOf(head: RegExp): readonly (readonly [string, string, string])[] {
  return cellsOf(MAPPING, head).map(
    ([first = '', second = '', third = '']) => [first, second, third] as const,
  )
}

/** `as` as a map, also where it is a mere name. */
function documentOfTransform(as: string): Tree {
  const value = parse(as) as string | Tree
  return typeof value === 'string' ? { [value]: undefined } : value
}

function transformOf(as: string): Transform {
  const [[name, argument] = ['', undefined]] = Object.entries(documentOfTransform(as))
  const kind = TRANSFORMS[name]
  if (kind === undefined) throw new Error(`no transform is called ${name}`)
  return kind.create(argument)
}

/** Maps are laid over maps; anything else takes the place of what was there. */
function laidOver(under: unknown, over: unknown): unknown {
  if (!isTree(under) || !isTree(over)) return over
  const merged = Object.entries(over).map(([key, value]) => [key, laidOver(under[key], value)])
  return { ...under, ...(Object.fromEntries(merged) as Tree) }
}

function isTree(value: unknown): value is Tree {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
