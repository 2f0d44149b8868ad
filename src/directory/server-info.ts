import type { ControlName, ExtensionName, FeatureName } from '../ldap/control.ts'
import { CONTROLS, EXTENSIONS, FEATURES } from '../ldap/control.ts'
import { parseDn } from '../ldap/dn.ts'
import type { Entry } from '../ldap/entry.ts'
import { firstText, textsOf } from '../ldap/entry.ts'
import { equal, TRUE } from '../ldap/filter.ts'
import type { Search } from '../ldap/operation.ts'
import { schemaOf } from '../ldap/schema.ts'
import type { Server } from '../ldap/server.ts'

/** The search for the root DSE (RFC 4512 §5.1). */
export const ROOT_DSE: Search = {
  base: { rdns: [] },
  scope: 'base',
  filter: TRUE,
  attributes: [
    'namingContexts',
    'subschemaSubentry',
    'supportedControl',
    'supportedExtension',
    'supportedFeatures',
    'vendorName',
  ],
}

/** The search for the schema that the root DSE points to (RFC 4512 §4.4), if it does. */
export function schemaSearch(rootDse: Entry): Search | undefined {
  const subentry = firstText(rootDse, 'subschemaSubentry')
  if (subentry === undefined) return undefined
  return {
    base: parseDn(subentry),
    scope: 'base',
    filter: equal('objectClass', 'subschema'),
    attributes: ['attributeTypes', 'objectClasses'],
  }
}

export function serverOf(rootDse: Entry, subschema: Entry | undefined): Server {
  return {
    controls: named<ControlName>(CONTROLS, textsOf(rootDse, 'supportedControl')),
    extensions: named<ExtensionName>(EXTENSIONS, textsOf(rootDse, 'supportedExtension')),
    features: named<FeatureName>(FEATURES, textsOf(rootDse, 'supportedFeatures')),
    schema: schemaOf(
      subschema === undefined ? [] : textsOf(subschema, 'attributeTypes'),
      subschema === undefined ? [] : textsOf(subschema, 'objectClasses'),
    ),
    vendor: firstText(rootDse, 'vendorName'),
    namingContexts: textsOf(rootDse, 'namingContexts'),
  }
}

function named<Name extends string>(
  oids: Readonly<Record<Name, string>>,
  listed: readonly string[],
): ReadonlySet<Name> {
  const names = Object.keys(oids) as Name[]
  return new Set(names.filter((name) => listed.includes(oids[name])))
}
