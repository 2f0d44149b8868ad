import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { RunningOpenLdap } from '../src/demo/openldap.ts'
import type { LdapSchema } from '../src/ldap/schema.ts'
import { schemaOf } from '../src/ldap/schema.ts'
import type { AttributeRule } from '../src/mapping/rules.ts'
import { folderWith } from './support/folder.ts'
import {
  LDAP_ATTRIBUTE_TYPES,
  LDAP_SCHEMA_FILES,
  LDAP_SCHEMA_FOLDER,
} from './support/ldap-schema.ts'
import { ldapread } from './support/ldapsearch.ts'
import { startOpenLdap } from './support/openldap.ts'
import { shippedRules } from './support/rules.ts'

const run = promisify(execFile)
const shipped = (file: string) => readFileSync(join(LDAP_SCHEMA_FOLDER, file), 'utf8')

describe.each(LDAP_SCHEMA_FILES)('$file', ({ file, text }) => {
  test('is current: "npm run schemas" writes it', () => {
    expect(shipped(file)).toBe(text)
  })
})

test('openldap-scim.yaml maps every attribute of it', () => {
  const used = shippedRules('openldap-scim')
    .resources.flatMap(({ attributes }) => attributes.flatMap(ldapAttributesOf))
    .filter((name) => name.startsWith('scim'))
  const defined = LDAP_ATTRIBUTE_TYPES.map((text) => /NAME '(\w+)'/.exec(text)?.[1])
  expect([...new Set(used)].sort()).toEqual(defined.sort())
})

describe('on an OpenLDAP', () => {
  let included: RunningOpenLdap
  let added: RunningOpenLdap
  beforeAll(async () => {
    included = await startOpenLdap({ schema: join(LDAP_SCHEMA_FOLDER, 'scim2ldap.schema') })
    added = await startOpenLdap()
  })
  afterAll(() => Promise.all([included.stop(), added.stop()]))

  test('the schema for slapd.conf, that for cn=config and that for 389 DS say the same', async () => {
    await ldapadd(added, join(LDAP_SCHEMA_FOLDER, 'scim2ldap.ldif'))
    const other = definitionsOf(attributesOf(shipped('98scim2ldap.ldif')))
    expect(other.size).toBe(18)
    expect(await ownDefinitions(included)).toEqual(other)
    expect(await ownDefinitions(added)).toEqual(other)
  })

  test('a person and a group take every attribute of it', async () => {
    const person = `uid=ada,ou=people,${included.suffix}`
    const group = `cn=all,ou=groups,${included.suffix}`
    const { may } = (await schemaOn(included)).objectClass('scimUser') ?? { may: [] }
    expect(may).toContain('scimRole')
    const entries = [
      `dn: ${person}`,
      'objectClass: inetOrgPerson',
      'objectClass: scimUser',
      'uid: ada',
      'sn: Lovelace',
      'cn: Ada Lovelace',
      ...may.map((name) => `${name}: x`),
      '',
      `dn: ${group}`,
      'objectClass: groupOfNames',
      'objectClass: scimGroup',
      'cn: all',
      `member: ${person}`,
      'scimExternalId: x',
      '',
    ]
    await ldapadd(included, join(folderWith({ 'new.ldif': entries.join('\n') }), 'new.ldif'))
    const found = await ldapread(included, person, [...may])
    expect(Object.keys(found?.attributes ?? {})).toHaveLength(may.length)
    expect((await ldapread(included, group))?.attributes.scimExternalId).toEqual(['x'])
  })
})

/** The LDAP attributes that a rule names. */
function ldapAttributesOf(rule: AttributeRule): readonly string[] {
  if (rule.kind === 'value') return [rule.ldap]
  return rule.kind === 'slots' && rule.rest !== undefined ? [rule.rest] : []
}

/** Adds the entries of an LDIF file. */
async function ldapadd(server: RunningOpenLdap, file: string): Promise<void> {
  const bind = ['-x', '-H', server.url, '-D', server.adminDn, '-w', server.adminPassword]
  await run('ldapadd', [...bind, '-f', file], {
    env: { ...process.env, LDAPTLS_CACERT: server.caFile },
  })
}

async function schemaOn(server: RunningOpenLdap): Promise<LdapSchema> {
  const { attributeTypes, objectClasses } = await subschema(server)
  return schemaOf(attributeTypes, objectClasses)
}

/** What an OpenLDAP publishes of our arc, by name. */
async function ownDefinitions(server: RunningOpenLdap): Promise<ReadonlyMap<string, unknown>> {
  return definitionsOf(await subschema(server))
}

async function subschema(server: RunningOpenLdap): Promise<Definitions> {
  const names = ['attributeTypes', 'objectClasses']
  const entry = await ldapread(server, 'cn=Subschema', names)
  const { attributeTypes = [], objectClasses = [] } = entry?.attributes ?? {}
  return { attributeTypes, objectClasses }
}

interface Definitions {
  readonly attributeTypes: readonly string[]
  readonly objectClasses: readonly string[]
}

/** The values of an LDIF file of one entry. */
function attributesOf(ldif: string): Definitions {
  const lines = ldif.replaceAll('\n ', '').split('\n')
  const valuesOf = (name: string) =>
    lines.flatMap((line) => (line.startsWith(`${name}: `) ? [line.slice(name.length + 2)] : []))
  return { attributeTypes: valuesOf('attributeTypes'), objectClasses: valuesOf('objectClasses') }
}

function definitionsOf({ attributeTypes, objectClasses }: Definitions) {
  const own = (text: string) => /NAME '(scim\w+)'/.exec(text)?.[1]
  const schema = schemaOf(attributeTypes, objectClasses)
  return new Map<string, unknown>([
    ...attributeTypes.flatMap((text) => {
      const name = own(text)
      return name === undefined ? [] : [[name, schema.attributeType(name)] as const]
    }),
    ...objectClasses.flatMap((text) => {
      const name = own(text)
      return name === undefined ? [] : [[name, schema.objectClass(name)] as const]
    }),
  ])
}
