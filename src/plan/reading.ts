import { attributesIn } from '../ldap/match.ts'
import type { Server } from '../ldap/server.ts'
import type { AttributeRule, ReferenceRule, ResourceRules, Rules } from '../mapping/rules.ts'
import type { Reading } from './facts.ts'

/**
 * What to ask of entries so that these rules can be read: attributes, and references to follow
 * where the server offers it. Names that the server's schema does not know are left out, because a
 * read control or a dereference with one is refused as a whole (OpenLDAP).
 */
export function readingOf(
  rules: Rules,
  resource: ResourceRules,
  wanted: readonly AttributeRule[],
  server: Server,
): Reading {
  let ofServer = readings.get(server)
  if (ofServer === undefined) readings.set(server, (ofServer = new WeakMap()))
  let reading = ofServer.get(wanted)
  if (reading === undefined) {
    ofServer.set(wanted, (reading = compileReading(rules, resource, wanted, server)))
  }
  return reading
}

/** Most requests want the same rules, which are the same array then. */
const readings = new WeakMap<Server, WeakMap<readonly AttributeRule[], Reading>>()

function compileReading(
  rules: Rules,
  resource: ResourceRules,
  wanted: readonly AttributeRule[],
  server: Server,
): Reading {
  const { id, version, created, modified, activation } = rules.dialect
  const names = [id.attribute, ...(version === undefined ? [] : [version]), created, modified]
  names.push(...attributesIn(resource.filter))
  const followed: ReferenceRule[] = []
  for (const rule of wanted) {
    switch (rule.kind) {
      case 'value':
        names.push(rule.ldap)
        break
      case 'slots':
        for (const { parts } of rule.slots) for (const { ldap } of parts.values()) names.push(ldap)
        if (rule.rest !== undefined) names.push(rule.rest)
        break
      case 'reference':
        names.push(rule.ldap, ...(rule.primary?.attributes ?? []))
        followed.push(rule)
        break
      case 'backlink':
        for (const { by } of rule.holders.values()) if (by !== undefined) names.push(by)
        break
      case 'activation':
        names.push(activation.attribute)
        break
      case 'password':
        break
    }
  }
  for (const { ldap, on } of resource.writes) if (on === 'always') names.push(ldap)
  const dereference = server.controls.has('dereference')
    ? followed
        .filter(
          ({ ldap, by }) => by === undefined && server.schema.attributeType(ldap) !== undefined,
        )
        .map((rule) => ({
          attribute: rule.ldap,
          attributes: namingAttributes(rules, rule.types, server),
        }))
    : []
  return { attributes: known(names, server), dereference }
}

/** What tells of an entry which resource it is and how it is called. */
export function namingAttributes(
  rules: Rules,
  types: readonly string[],
  server: Server,
): readonly string[] {
  const names = [rules.dialect.id.attribute]
  for (const { type, filter, attributes } of rules.resources) {
    if (types.includes(type.name)) names.push(...attributesIn(filter))
    for (const rule of attributes) {
      if (rule.kind !== 'reference' && rule.kind !== 'backlink') continue
      const isMeant = rule.types.some((one) => types.includes(one))
      if (rule.kind === 'reference' && rule.by !== undefined && isMeant) names.push(rule.by)
      if (rule.kind === 'reference' && rule.primary) names.push(rule.primary.identity)
      for (const [meant, ldap] of rule.displays) if (types.includes(meant)) names.push(ldap)
    }
  }
  return known(names, server)
}

function known(names: readonly string[], server: Server): readonly string[] {
  const seen = new Set<string>()
  return names.filter((name) => {
    const key = name.toLowerCase()
    if (seen.has(key) || server.schema.attributeType(name) === undefined) return false
    seen.add(key)
    return true
  })
}
