import type { Dialect, PrimaryGroup } from '../ldap/dialect.ts'
import type { Dn } from '../ldap/dn.ts'
import type { Filter } from '../ldap/filter.ts'
import type { ResolvedPath } from '../scim/path.ts'
import type { ResourceType } from '../scim/resource-type.ts'
import type { Protection } from './protection.ts'
import type { Template, TemplateScope } from './template.ts'
import { taggedText } from './transforms.ts'
import type { Transform } from './transform.ts'

/** A mapping, compiled: how every resource type lives in the directory. */
export interface Rules {
  readonly dialect: Dialect
  readonly scope: TemplateScope
  readonly resources: readonly ResourceRules[]
  readonly protection: Protection
}

export interface ResourceRules {
  /** With schemas that hold what is mapped and nothing else. */
  readonly type: ResourceType
  readonly base: Dn
  /** Which entries below `base` are such resources; decidable by `satisfies` (ldap/match.ts). */
  readonly filter: Filter
  readonly objectClasses: readonly string[]
  readonly naming: Naming
  /** Absent where DELETE deletes. */
  readonly leaving?: Leaving
  /** Keys of the rules by which a POST may take over a resource that is there; none: never. */
  readonly adoptBy: readonly string[]
  readonly attributes: readonly AttributeRule[]
  readonly writes: readonly WriteRule[]
}

/** Where a new entry goes, and whether a change of what the template reads renames it. */
export interface Naming {
  readonly dn: Template
  readonly rename: boolean
  /**
   * The base of all clients, where the rules are for one that is confined to a part: what the
   * template puts right below it goes right below that part instead.
   */
  readonly from?: Dn
}

/** What DELETE does instead of deleting. */
export interface Leaving {
  /** Where the entry goes: outside of the base. */
  readonly target: Dn
  readonly disable: boolean
  readonly leaveGroups: boolean
  /** Keys of the rules by which a POST finds the entry again; none: never. */
  readonly reviveBy: readonly string[]
}

/** How one SCIM attribute (or sub-attribute) lives in LDAP. */
export type AttributeRule =
  | ValueRule
  | SlotsRule
  | ReferenceRule
  | BacklinkRule
  | (RuleName & { readonly kind: 'activation' })
  | (RuleName & { readonly kind: 'password' })

interface RuleName {
  /** As the mapping names it, e.g. `enterprise.manager`. */
  readonly key: string
  readonly path: ResolvedPath
}

/** One LDAP attribute holds the value, or all values of a simple multi-valued attribute. */
export interface ValueRule extends RuleName {
  readonly kind: 'value'
  readonly ldap: string
  readonly transform: Transform
  /** Each client has a value of its own, which the others do not see (`rulesOfClient`). */
  readonly perClient: boolean
  /** A PUT that does not have it leaves it as it is. */
  readonly kept: boolean
  /** What to write where a resource has no value. */
  readonly default?: Template
  /** Where a new entry gets a number of its own, unless its client may give it one and does. */
  readonly allocation?: Allocation
  /** A value that a client sends for a readOnly attribute is refused instead of ignored. */
  readonly refuseWrites: boolean
}

/** Numbers from an entry that counts. */
export interface Allocation {
  readonly counter: Dn
  /** Where the counter has the next number. */
  readonly attribute: string
  readonly from: number
  readonly to: number
}

/** A multi-valued complex attribute whose values live in LDAP attributes by their type. */
export interface SlotsRule extends RuleName {
  readonly kind: 'slots'
  readonly slots: readonly Slot[]
  /** The LDAP attribute that keeps as JSON what no slot can (plan/rest.ts). Then nothing is unmapped. */
  readonly rest?: string
  /** What happens to a value that fits no slot. */
  readonly unmapped: 'refuse' | 'ignore'
  readonly refuseWrites: boolean
}

export interface Slot {
  /** The `type` of the values here; without it, of any value that says none. */
  readonly type?: string
  readonly primary: boolean
  /** Every value of the LDAP attribute is a value here; else one at most. */
  readonly many: boolean
  /** Sub-attribute name → LDAP attribute. A `many` slot has `value` alone. */
  readonly parts: ReadonlyMap<string, SlotPart>
}

export interface SlotPart {
  readonly ldap: string
  readonly transform: Transform
}

/** How resources are shown that are referred to. */
interface Showing {
  /** Names of the resource types that may be meant. */
  readonly types: readonly string[]
  /** Sub-attribute that shows the name of what is meant: `display` or `displayName`. */
  readonly displayAs?: string
  /** SCIM attribute of what is meant that is its name. */
  readonly display: string
  /** The LDAP attribute that holds it, by resource type. */
  readonly displays: ReadonlyMap<string, string>
}

/** An attribute that names entries of this directory, shown as ids. */
export interface ReferenceRule extends RuleName, Showing {
  readonly kind: 'reference'
  readonly ldap: string
  /** The LDAP attribute of what is meant whose values name it; absent where DNs do. */
  readonly by?: string
  /** A value that stands in where the object class wants one and there is none; clients never see it. */
  readonly placeholder?: Dn
  /** How the entry names one resource more, which is not in `ldap`. */
  readonly primary?: PrimaryGroup
  readonly refuseWrites: boolean
}

/** Who refers to a resource, shown as ids: what others hold, and so never written. */
export interface BacklinkRule extends RuleName, Showing {
  readonly kind: 'backlink'
  /** The SCIM attribute of those others that names this resource. */
  readonly backlink: string
  /** Its rule, by their resource type. */
  readonly holders: ReadonlyMap<string, ReferenceRule>
  readonly refuseWrites: boolean
}

/** An LDAP attribute that no SCIM attribute carries. */
export interface WriteRule {
  readonly ldap: string
  readonly value: Template
  /** `create`: when an entry is made. `always`: also when an update changes what the template reads. */
  readonly on: 'create' | 'always'
}

export function resourceRules(rules: Rules, typeName: string): ResourceRules {
  const found = rules.resources.find(({ type }) => type.name === typeName)
  if (found === undefined) throw new Error(`no resource type is called ${typeName}`)
  return found
}

/** The rules as they are for one client: where each has a value of its own, it is this one's. */
export function rulesOfClient(rules: Rules, client: string): Rules {
  const isOwn = (rule: AttributeRule) => rule.kind === 'value' && rule.perClient
  if (!rules.resources.some(({ attributes }) => attributes.some(isOwn))) return rules
  const transform = taggedText(`${encodeURIComponent(client)}:`)
  const resources = rules.resources.map((resource) => ({
    ...resource,
    attributes: resource.attributes.map((rule) => (isOwn(rule) ? { ...rule, transform } : rule)),
  }))
  return { ...rules, resources }
}
