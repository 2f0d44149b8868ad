import type { Entry } from '../ldap/entry.ts'
import { textsOf } from '../ldap/entry.ts'
import { attributeKey, textOf } from '../ldap/value.ts'
import type { AttributeRule, BacklinkRule, ResourceRules, Rules } from '../mapping/rules.ts'
import { getAttribute } from '../scim/resource.ts'
import type { Resource } from '../scim/resource.ts'
import { printResolved } from '../scim/path.ts'
import { toLdap } from './attributes.ts'
import type { Links, Reference, Sought } from './facts.ts'
import { referenceOf } from './facts.ts'
import { keyOfName, namesOf } from './reference-names.ts'

/** The names of entries of which nobody has looked yet who holds them. */
export function unlinkedIn(
  entries: readonly Entry[],
  wanted: readonly AttributeRule[],
  links: Links,
): readonly Sought[] {
  const unlinked = new Map<string, Sought>()
  for (const rule of wanted) {
    if (rule.kind !== 'backlink') continue
    for (const sought of entries.flatMap((entry) => soughtOf(rule, entry))) {
      const key = keyOfSought(sought)
      if (!links.has(key)) unlinked.set(key, sought)
    }
  }
  return [...unlinked.values()]
}

/** The names that a new resource will have, as far as its values tell: somebody may hold them already. */
export function soughtOfNew(resource: ResourceRules, body: Resource): readonly Sought[] {
  return resource.attributes.flatMap((rule) =>
    rule.kind !== 'backlink'
      ? []
      : [...rule.holders].flatMap(([type, holder]) => {
          const naming = resource.attributes.find(
            (one) =>
              one.kind === 'value' &&
              holder.by !== undefined &&
              attributeKey(one.ldap) === attributeKey(holder.by),
          )
          const value = naming && getAttribute(body, naming.path)
          if (naming?.kind !== 'value' || value === undefined) return []
          return [{ type, holder, text: textOf(toLdap(naming, value, printResolved(naming.path))) }]
        }),
  )
}

/** Links with what a search for these names has found. */
export function withLinks(
  rules: Rules,
  sought: readonly Sought[],
  found: readonly Entry[],
  links: Links,
): Links {
  const all = new Map(links)
  for (const one of sought) {
    const resources = rules.resources.filter(({ type }) => type.name === one.type)
    const alone = isAlone(one, sought)
    const key = keyOfName(one.holder, one.text)
    const holders = found.flatMap((entry) => {
      const holds =
        alone || textsOf(entry, one.holder.ldap).some((text) => keyOfName(one.holder, text) === key)
      const reference = holds ? referenceOf(rules, resources, entry.dn, entry) : undefined
      return reference ?? []
    })
    all.set(keyOfSought(one), holders)
  }
  return all
}

/** Whether a resource that a search for names has found can only have been found by this one. */
export function isAlone({ type }: Sought, sought: readonly Sought[]): boolean {
  return sought.filter((one) => one.type === type).length === 1
}

/** Who holds a name of the entry. */
export function linksTo(rule: BacklinkRule, entry: Entry, links: Links): readonly Reference[] {
  const found = soughtOf(rule, entry).flatMap((sought) => links.get(keyOfSought(sought)) ?? [])
  return [...new Map(found.map((reference) => [reference.id, reference])).values()]
}

function soughtOf({ holders }: BacklinkRule, entry: Entry): readonly Sought[] {
  return [...holders].flatMap(([type, holder]) =>
    namesOf(holder, entry).map(({ text }) => ({ type, holder, text })),
  )
}

function keyOfSought({ type, holder, text }: Sought): string {
  return `${type}\0${holder.key}\0${keyOfName(holder, text)}`
}
