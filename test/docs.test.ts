import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { describe, expect, test } from 'vitest'
import { parse, stringify } from 'yaml'
import { settingsErrors } from '../src/config/settings.ts'
import { parseDn, printDn } from '../src/ldap/dn.ts'
import { DENIED_ATTRIBUTES } from '../src/mapping/denied.ts'
import { compileTemplate, expandDn, expandText } from '../src/mapping/template.ts'
import type { Transform } from '../src/mapping/transforms.ts'
import { TRANSFORMS } from '../src/mapping/transforms.ts'
import type { Resource } from '../src/scim/resource.ts'
import { problemsOf } from './support/rules.ts'

interface Block {
  readonly line: number
  /** What stands behind "yaml": how the block is to be completed; empty for a whole file. */
  readonly fragment: string
  readonly text: string
  /** The block that follows, whatever its language. */
  readonly next: string
}

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

/** Where each kind of fragment belongs in `BASE`. */
const FRAGMENTS: Readonly<Record<string, (fragment: Tree) => Tree>> = {
  mapping: (fragment) => fragment,
  user: (fragment) => ({ resources: { User: fragment } }),
  'user.attributes': (fragment) => ({ resources: { User: { attributes: fragment } } }),
  group: (fragment) => ({ resources: { Group: fragment } }),
}

const MAPPING = documentOf('docs/mapping.md')

describe.each(['docs/mapping.md', 'README.md'])('%s', (file) => {
  test.each(blocksOf(documentOf(file)))('the example of line $line works', (block) => {
    const { text, fragment, next } = block
    const value = parse(text) as Tree
    const complete = FRAGMENTS[fragment]
    if (fragment === 'wrong') expect(problemsOf(text)).toEqual(next.trim().split('\n'))
    else if (complete !== undefined) {
      expect(problemsOf(stringify(laidOver(BASE, complete(value))))).toEqual([])
    } else {
      expect(fragment).toBe('')
      if ('endpoints' in value) expect(settingsErrors(value)).toEqual([])
      else expect(problemsOf(text)).toEqual([])
    }
  })
})

describe('the tables of docs/mapping.md', () => {
  const transforms = rowsOf(MAPPING, /^\| `as` +\| SCIM /m)

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

  test.each(rowsOf(MAPPING, /^\| template +\| resource /m))(
    '%s of %s is %s',
    (source, resource, result) => {
      const template = compileTemplate(source)
      const scope = { suffix: parseDn('dc=example'), extensions: new Map<string, string>() }
      const value = JSON.parse(resource) as Resource
      if (!source.includes('suffix')) expect(expandText(template, value, scope)).toBe(result)
      else {
        const expanded = expandDn(template, value, scope)
        expect('dn' in expanded && printDn(expanded.dn)).toBe(result)
      }
    },
  )

  test('list every denied attribute', () => {
    const section = /^## Denied attributes\n(.*?)^## /ms.exec(MAPPING)?.[1] ?? ''
    const listed = [...section.matchAll(/^- .*$/gm)].flatMap(([line]) =>
      [...line.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name.toLowerCase()),
    )
    expect(listed.sort()).toEqual([...DENIED_ATTRIBUTES].sort())
  })
})

test('links within docs/mapping.md lead somewhere', () => {
  const anchors = [...MAPPING.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\w -]/g, '')
      .replaceAll(' ', '-'),
  )
  const links = [...MAPPING.matchAll(/\]\(#([^)]+)\)/g)].map(([, link]) => link)
  expect(links.filter((link) => !anchors.includes(link ?? ''))).toEqual([])
})

function documentOf(file: string): string {
  return readFileSync(resolve(import.meta.dirname, '..', file), 'utf8')
}

/** The YAML examples of a Markdown text, also those in lists. */
function blocksOf(text: string): readonly Block[] {
  const fences = [...text.matchAll(/^( *)```(\w+)?(?: (\S+))?\n(.*?)^\1```$/gms)]
  return fences.flatMap(([, indent = '', language, fragment, inner = ''], index) => {
    const line = text.slice(0, fences[index]?.index).split('\n').length
    const next = fences[index + 1]?.[4] ?? ''
    const unindented = inner.replaceAll(new RegExp(`^${indent}`, 'gm'), '')
    return language === 'yaml' ? [{ line, fragment: fragment ?? '', text: unindented, next }] : []
  })
}

/** The first three cells of the table with this head, without the backquotes around them. */
function rowsOf(text: string, head: RegExp): readonly (readonly [string, string, string])[] {
  const [lines = ''] = text.slice(text.search(head)).split('\n\n')
  return lines
    .split('\n')
    .slice(2)
    .map((line) => {
      const [, first = '', second = '', third = ''] = line.split(/(?<!\\)\|/).map((cell) =>
        cell
          .trim()
          .replace(/^`(.*)`$/, '$1')
          .replaceAll('\\|', '|'),
      )
      return [first, second, third] as const
    })
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
