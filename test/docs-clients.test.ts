import { existsSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { SETTINGS_SCHEMA } from '../src/config/settings-schema.ts'
import { PAGE } from '../src/gateway/list.ts'
import { openldap } from '../src/ldap/dialects/openldap.ts'
import type { Quirk } from '../src/scim/client-quirks.ts'
import { DEFAULT_PROFILE, QUIRKS } from '../src/scim/client-quirks.ts'
import { LIMITS } from '../src/scim/scanner.ts'
import {
  anchorsOf,
  blocksOf,
  cellsOf,
  documentOf,
  DOCUMENTS,
  sectionOf,
} from './support/markdown.ts'

const CLIENTS = documentOf('docs/clients.md')
const PROVIDERS = documentOf('docs/idp.md')
const LISTS = documentOf('docs/lists.md')
const ROOT = resolve(import.meta.dirname, '..')

describe('docs/clients.md', () => {
  test('has every quirk, as it is', () => {
    const written = cellsOf(CLIENTS, /^\| quirk /m)
    const actual = Object.entries(QUIRKS).map(([name, quirk]: [string, Quirk]) => [
      name,
      quirk.what,
      quirk.rfc,
      quirk.toleratedBy.map((profile) => `\`${profile}\``).join(', '),
      `400 \`${quirk.refusal}\``,
    ])
    expect(written.map(plain)).toEqual(actual.map(plain))
  })

  test('has every profile and every setting of a client', () => {
    const { properties } = SETTINGS_SCHEMA.definitions.endpoint.properties.clients.items
    const settings = cellsOf(CLIENTS, /^\| setting /m)
    expect(settings.map(([name]) => name).sort()).toEqual(Object.keys(properties).sort())
    expect(settings).toContainEqual(['profile', DEFAULT_PROFILE, expect.any(String)])
    const profiles = cellsOf(CLIENTS, /^\| profile /m).map(([name]) => name)
    expect(profiles.sort()).toEqual([...properties.profile.enum].sort())
  })
})

describe.each(cellsOf(PROVIDERS, /^\| provider /m))('%s', (link, profile = '') => {
  const page = documentOf(`docs/${/\((.*)\)/.exec(link)?.[1] ?? ''}`)
  const habits = [...sectionOf(page, '## Known habits').matchAll(/^- `(\w+)`/gm)]

  test('its page shows a client with the profile of the list', () => {
    const clients = blocksOf(page).filter(({ fragment }) => fragment === 'client')
    expect(clients.map(({ text }) => (parse(text) as { profile: string }).profile)).toEqual([
      profile,
    ])
  })

  test('its habits are quirks that the profile tolerates', () => {
    const refused = habits.filter(([, name = '']) => {
      const quirk = (QUIRKS as Readonly<Record<string, Quirk>>)[name]
      return !quirk?.toleratedBy.some((one) => one === profile)
    })
    expect(refused.map(([, name]) => name)).toEqual([])
  })
})

describe('docs/idp.md', () => {
  test('says where the shipped mapping keeps things', () => {
    const written = cellsOf(PROVIDERS, /^\| SCIM +\| LDAP /m)
    const mapping = parse(documentOf('mappings/openldap.yaml')) as Mapping
    const homes = Object.entries(mapping.resources).flatMap(([type, { attributes }]) =>
      Object.entries(attributes)
        .flatMap(([name, rule]) => homesOf(name, rule))
        .map(([name, ldap]) => `${type === 'User' ? '' : `${type}: `}${name} = ${ldap}`),
    )
    const listed = written.map(
      ([name = '', ldap = '']) =>
        `${name.replace(' (read only)', '').replaceAll('`', '')} = ${ldap}`,
    )
    expect(listed.sort()).toEqual(homes.sort())
  })

  test('names every attribute of the auxiliary schema, and no others', () => {
    const schema = documentOf('deploy/schema/scim2ldap.schema')
    const [attributes = ''] = schema.split(/^objectclass/m)
    const defined = [...attributes.matchAll(/^\s+NAME '(\w+)'/gm)].map(([, name]) => name)
    const homes = cellsOf(PROVIDERS, /^\| SCIM +\| with `openldap-scim/m).map(([, home]) => home)
    const named = [...homes.join(' ').matchAll(/\bscim[A-Z]\w+/g)].map(([name]) => name)
    expect(named.sort()).toEqual(defined.sort())
  })
})

test('docs/lists.md has the numbers that hold', () => {
  const shown = (number: number) => number.toLocaleString('en')
  const { lookThrough } = SETTINGS_SCHEMA.definitions.endpoint.properties
  expect(LISTS).toContain(`**${shown(lookThrough.default)} candidates**`)
  expect(LISTS).toContain(`\`${PAGE.default}\` `)
  expect(LISTS).toContain(`More than ${shown(PAGE.most)} means ${shown(PAGE.most)}`)
  expect(LISTS).toContain(
    `${shown(LIMITS.textLength)} characters, ${shown(LIMITS.terms)} comparisons and ${LIMITS.depth} levels`,
  )
})

test('README names every setting', () => {
  const section = sectionOf(documentOf('README.md'), '## Settings')
  const unnamed = [...settingsIn(SETTINGS_SCHEMA)].filter(
    (name) => !new RegExp(`\\b${name}\\b`).test(section),
  )
  expect(unnamed).toEqual([])
})

test.each(DOCUMENTS)('links in %s lead somewhere', (file) => {
  const text = documentOf(file)
  const links = [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = '']) => link)
  const dead = links.filter((link) => {
    if (/^https?:/.test(link)) return false
    const [path = '', anchor] = link.split('#')
    const target = path === '' ? resolve(ROOT, file) : resolve(ROOT, dirname(file), path)
    if (!existsSync(target)) return true
    if (anchor === undefined) return false
    const within = path === '' ? text : documentOf(target)
    return !anchorsOf(within).includes(anchor)
  })
  expect(dead).toEqual([])
})

interface Mapping {
  readonly resources: Readonly<
    Record<string, { readonly attributes: Readonly<Record<string, Rule>> }>
  >
}

type Rule = string | Part | readonly Slot[]

interface Part {
  readonly ldap?: string
  readonly activation?: true
  readonly password?: true
}

type Slot = { readonly type?: string; readonly primary?: true } & Readonly<
  Record<string, string | Part | true>
>

/** The names of everything that can be set. */
function* settingsIn(schema: object): Generator<string> {
  for (const [key, value] of Object.entries(schema) as [string, unknown][]) {
    if (typeof value !== 'object' || value === null) continue
    if (key === 'properties') yield* Object.keys(value).filter((name) => !name.startsWith('$'))
    yield* settingsIn(value)
  }
}

/** Where a rule keeps what: SCIM path and LDAP attribute. */
function homesOf(name: string, rule: Rule): readonly (readonly [string, string])[] {
  if (typeof rule === 'string') return [[name, rule]]
  if (!isSlots(rule)) {
    const own = rule.activation ? openldap.activation.attribute : openldap.password.attribute
    return [[name, rule.ldap ?? own]]
  }
  return rule.flatMap(({ type = '', primary: _, ...parts }) =>
    Object.entries(parts).map(([sub, part]) => {
      const { ldap = '' } = typeof part === 'object' ? part : { ldap: String(part) }
      return [`${name}[type eq "${type}"].${sub}`, ldap] as const
    }),
  )
}

function isSlots(rule: Part | readonly Slot[]): rule is readonly Slot[] {
  return Array.isArray(rule)
}

/** Without what Markdown adds to a text. */
function plain(cells: readonly string[]): readonly string[] {
  return cells.map((cell) => cell.replaceAll(/[`\\]/g, ''))
}
