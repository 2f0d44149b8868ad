import type { Dialect } from '../ldap/dialect.ts'
import type { Dn } from '../ldap/dn.ts'
import { dnKey, parseDn } from '../ldap/dn.ts'
import { parseFilter } from '../ldap/filter-text.ts'
import type { Filter } from '../ldap/filter.ts'
import { equal, FALSE, or } from '../ldap/filter.ts'
import { isDecidable } from '../ldap/match.ts'
import { compileConstant } from './compilation.ts'
import { expandDn, expandFilter } from './template.ts'
import type { TemplateScope } from './template.ts'

/**
 * Which entries the gateway never changes, and which groups nobody joins or leaves through it. What
 * the dialect knows by itself (`Dialect.privileged.tells`) comes on top.
 */
export interface Protection {
  /** By `dnKey`. */
  readonly entries: ReadonlySet<string>
  readonly subtrees: readonly Dn[]
  /** Decidable by `satisfies` (ldap/match.ts). */
  readonly filter: Filter
  /** By `dnKey`: not protected, whatever else says that they are. */
  readonly except: ReadonlySet<string>
  /** What the gateway binds as; its groups are protected, too. */
  readonly account?: Dn
}

/** `protect` of the settings: one of the three each. */
export type ProtectItem =
  { readonly entry: string } | { readonly subtree: string } | { readonly filter: string }

/** What protects without a setting: the product's own rulers. */
export function defaultProtection({ privileged }: Dialect, suffix: Dn): Protection {
  const below = (text: string): Dn => ({ rdns: [...parseDn(text).rdns, ...suffix.rdns] })
  return {
    entries: new Set(privileged.entries.map((text) => dnKey(below(text)))),
    subtrees: privileged.subtrees.map(below),
    filter: FALSE,
    except: new Set(),
  }
}

/** Protected besides: what the settings name. @param report Told what is wrong with which item. */
export function protecting(
  known: Protection,
  items: readonly ProtectItem[],
  scope: TemplateScope,
  report: (index: number, key: string, message: string) => void,
): Protection {
  const entries = new Set(known.entries)
  const subtrees = [...known.subtrees]
  const filters: Filter[] = [known.filter]
  items.forEach((item, index) => {
    const [key, text] = Object.entries(item)[0] ?? ['entry', '']
    try {
      if (key === 'filter') filters.push(filterOf(text, scope))
      else if (key === 'subtree') subtrees.push(dnOf(text, scope))
      else entries.add(dnKey(dnOf(text, scope)))
    } catch (error) {
      report(index, key, (error as Error).message)
    }
  })
  return { ...known, entries, subtrees, filter: or(filters) }
}

/** Entries that are not protected although a rule says so. @throws {Error} For what is no DN. */
export function excepting(known: Protection, text: string, scope: TemplateScope): Protection {
  return { ...known, except: new Set([...known.except, dnKey(dnOf(text, scope))]) }
}

/**
 * Protected besides: the account that the gateway binds as, by its DN or, as Active Directory takes
 * it, by `name@domain` or `DOMAIN\name`.
 */
export function protectingAccount(known: Protection, name: string): Protection {
  const account = dnIn(name)
  if (account !== undefined) {
    return { ...known, entries: new Set([...known.entries, dnKey(account)]), account }
  }
  const [, samAccountName] = /^[^\\]*\\(.+)$/.exec(name) ?? []
  const own =
    samAccountName === undefined
      ? equal('userPrincipalName', name)
      : equal('sAMAccountName', samAccountName)
  return { ...known, filter: or([known.filter, own]) }
}

function dnIn(text: string): Dn | undefined {
  try {
    const dn = parseDn(text)
    return dn.rdns.length > 0 ? dn : undefined
  } catch {
    return undefined
  }
}

function dnOf(text: string, scope: TemplateScope): Dn {
  const expanded = expandDn(compileConstant(text), {}, scope)
  if ('dn' in expanded && expanded.dn.rdns.length > 0) return expanded.dn
  throw new Error('must be a DN, not empty')
}

function filterOf(text: string, scope: TemplateScope): Filter {
  const filter = parseFilter(expandFilter(compileConstant(text), scope))
  if (isDecidable(filter)) return filter
  throw new Error(
    'may use &, |, !, equality, substrings and presence only, so that the gateway can decide it too',
  )
}
