import { writeFileSync } from 'node:fs'
import { resolve } from 'node:path'

/** The folder of the LDAP schema that is shipped. */
export const LDAP_SCHEMA_FOLDER = resolve(import.meta.dirname, '../../deploy/schema')

/** 2.25.<UUID> (X.667 §6.3) of the UUID 828e4672-a39b-486c-82ee-31668fb997ec. */
const ARC = '2.25.173538374457267573358799583172055635948'

const DIRECTORY_STRING = '1.3.6.1.4.1.1466.115.121.1.15'

interface AttributeType {
  readonly name: string
  readonly description: string
  /** RFC 7643 §7, caseExact. */
  readonly caseExact?: true
  readonly several?: true
  /** JSON text: it has no order, and no value is equal to another by chance. */
  readonly json?: true
}

/** Numbered from 1 in this order, for ever: a new one goes to the end. */
const ATTRIBUTE_TYPES: readonly AttributeType[] = [
  {
    name: 'scimExternalId',
    description: 'externalId: the identifier that a client gives, or client:identifier',
    caseExact: true,
    several: true,
  },
  { name: 'scimNickName', description: 'nickName of a User' },
  { name: 'scimMiddleName', description: 'name.middleName of a User' },
  { name: 'scimHonorificPrefix', description: 'name.honorificPrefix of a User' },
  { name: 'scimHonorificSuffix', description: 'name.honorificSuffix of a User' },
  { name: 'scimLocale', description: 'locale of a User, e.g. en-US' },
  { name: 'scimTimezone', description: 'timezone of a User, e.g. Europe/Berlin' },
  { name: 'scimCostCenter', description: 'costCenter of an enterprise User' },
  ...json('scimEmail', 'emails'),
  ...json('scimPhoneNumber', 'phoneNumbers'),
  ...json('scimAddress', 'addresses'),
  ...json('scimIm', 'ims'),
  ...json('scimPhoto', 'photos', true),
  ...json('scimEntitlement', 'entitlements'),
  ...json('scimRole', 'roles'),
  ...json('scimX509Certificate', 'x509Certificates', true),
]

const OBJECT_CLASSES = [
  {
    name: 'scimUser',
    description: 'What a SCIM User has beside inetOrgPerson',
    // Of RFC 4524: the country of an address.
    may: [...ATTRIBUTE_TYPES.map(({ name }) => name), 'co'],
  },
  {
    name: 'scimGroup',
    description: 'What a SCIM Group has beside groupOfNames',
    may: ['scimExternalId'],
  },
] as const

function json(name: string, attribute: string, caseExact?: true): readonly AttributeType[] {
  const description = `values of ${attribute} that no other attribute keeps, as JSON`
  return [{ name, description, several: true, json: true, ...(caseExact && { caseExact }) }]
}

/** The files of the schema and their texts, all said by the tables above. */
export const LDAP_SCHEMA_FILES: readonly { readonly file: string; readonly text: string }[] = [
  {
    file: 'scim2ldap.schema',
    text: [
      ...comment(
        'For OpenLDAP with a slapd.conf(5): include this file after inetorgperson.schema.',
      ),
      '',
      ...attributeTypes('\n  ').map((text) => `attributetype ${text}\n`),
      ...objectClasses('\n  ').map((text) => `objectclass ${text}\n`),
    ]
      .join('\n')
      .trimEnd(),
  },
  {
    file: 'scim2ldap.ldif',
    text: [
      ...comment(
        'For OpenLDAP with cn=config: ldapadd -Y EXTERNAL -H ldapi:/// -f scim2ldap.ldif',
        'Its schemas cosine and inetorgperson must be there.',
      ),
      '',
      'dn: cn=scim2ldap,cn=schema,cn=config',
      'objectClass: olcSchemaConfig',
      'cn: scim2ldap',
      // A line that begins with a blank goes on the one before, less that blank (RFC 2849).
      ...attributeTypes('\n  ').map((text) => `olcAttributeTypes: ${text}`),
      ...objectClasses('\n  ').map((text) => `olcObjectClasses: ${text}`),
    ].join('\n'),
  },
  {
    file: '98scim2ldap.ldif',
    text: [
      ...comment(
        'For 389 Directory Server: copy into /etc/dirsrv/slapd-INSTANCE/schema, then',
        '  dsconf INSTANCE schema reload',
      ),
      'dn: cn=schema',
      'objectClass: top',
      'objectClass: ldapSubentry',
      'objectClass: subschema',
      'cn: schema',
      ...attributeTypes('\n  ', " X-ORIGIN 'scim2ldap'").map((text) => `attributeTypes: ${text}`),
      ...objectClasses('\n  ', " X-ORIGIN 'scim2ldap'").map((text) => `objectClasses: ${text}`),
    ].join('\n'),
  },
].map(({ file, text }) => ({ file, text: `${text}\n` }))

function comment(...usage: readonly string[]): readonly string[] {
  return [
    'Auxiliary object classes for what SCIM (RFC 7643) has and inetOrgPerson and groupOfNames lack.',
    'mappings/openldap-scim.yaml of scim2ldap maps them.',
    '',
    ...usage,
    '',
    'The object identifiers are below the arc of a UUID (X.667), 2.25.<UUID as an integer>:',
    '828e4672-a39b-486c-82ee-31668fb997ec. Attribute types are below .1, object classes below .2.',
    '',
    'Made by "npm run schemas"; changes belong in test/support/ldap-schema.ts.',
  ].map((line) => (line === '' ? '#' : `# ${line}`))
}

function attributeTypes(newLine: string, extension = ''): readonly string[] {
  return ATTRIBUTE_TYPES.map(({ name, description, caseExact, several, json }, index) =>
    [
      `( ${ARC}.1.${index + 1}`,
      `NAME '${name}'`,
      `DESC 'SCIM ${description}'`,
      `EQUALITY ${rule(caseExact, 'Match')}`,
      ...(json ? [] : [`ORDERING ${rule(caseExact, 'OrderingMatch')}`]),
      `SUBSTR ${rule(caseExact, 'SubstringsMatch')}`,
      `SYNTAX ${DIRECTORY_STRING}${several ? '' : ' SINGLE-VALUE'}${extension} )`,
    ].join(newLine),
  )
}

function objectClasses(newLine: string, extension = ''): readonly string[] {
  return OBJECT_CLASSES.map(({ name, description, may }, index) =>
    [
      `( ${ARC}.2.${index + 1}`,
      `NAME '${name}'`,
      `DESC '${description}'`,
      'SUP top AUXILIARY',
      `MAY ( ${may.join(' $ ')} )${extension} )`,
    ].join(newLine),
  )
}

function rule(caseExact: true | undefined, kind: string): string {
  return `${caseExact ? 'caseExact' : 'caseIgnore'}${kind}`
}

/** The attribute types, as a server publishes them. */
export const LDAP_ATTRIBUTE_TYPES = attributeTypes(' ')

// npm run schemas
if (import.meta.main) {
  for (const { file, text } of LDAP_SCHEMA_FILES) {
    writeFileSync(resolve(LDAP_SCHEMA_FOLDER, file), text)
  }
}
