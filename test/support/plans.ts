import type { Change } from '../../src/ldap/change.ts'
import { parseDn, printDn, printRdn } from '../../src/ldap/dn.ts'
import { printFilter } from '../../src/ldap/filter.ts'
import { parseFilter } from '../../src/ldap/filter-text.ts'
import type { Write } from '../../src/ldap/operation.ts'
import type { Value } from '../../src/ldap/value.ts'
import type { Rules } from '../../src/mapping/rules.ts'
import type { Plan } from '../../src/plan/plan.ts'

/** What a plan does, a line for each part of each step; what undoes a step and replaces it left out. */
export function linesOf({ steps }: Pick<Plan, 'steps'>): readonly string[] {
  return steps.flatMap(({ write }) => linesOfWrite(write))
}

/** The line of an assertion: what must hold of the entry, as the directory product wants it said. */
export function assertion({ dialect }: Rules, dn: string, filter: string): string {
  return `? ${printFilter(dialect.assertion(parseFilter(filter), parseDn(dn)))}`
}

/** A write: what is done to which entry, `+` and `-` values, `?` what must hold, read controls. */
export function linesOfWrite(write: Write): readonly string[] {
  const head = `${write.kind} ${printDn(write.dn)}`
  const controls = [
    ...('assertion' in write ? [`? ${printFilter(write.assertion)}`] : []),
    ...('permissive' in write ? ['permissive'] : []),
    ...('target' in write ? [`@ ${write.target}`] : []),
    ...('preRead' in write ? [`preRead ${write.preRead.join(' ')}`] : []),
    ...('postRead' in write ? ['postRead'] : []),
  ]
  switch (write.kind) {
    case 'add':
      return [
        head,
        ...write.attributes.map(({ name, values }) => `+ ${name}: ${printed(values)}`),
        ...controls,
      ]
    case 'modify':
      return [head, ...write.changes.map(lineOf), ...controls]
    case 'rename': {
      const superior = write.superior === undefined ? '' : `,${printDn(write.superior)}`
      return [`${head} → ${printRdn(write.rdn)}${superior}`, ...controls]
    }
    case 'password':
      return [`${head}: ${write.newPassword}`]
    case 'delete':
      return [head, ...controls]
  }
}

function lineOf({ kind, attribute, values }: Change): string {
  return `${{ add: '+', delete: '-', replace: '=' }[kind]} ${attribute}: ${printed(values)}`
}

function printed(values: readonly Value[]): string {
  return values
    .map((value) => (typeof value === 'string' ? value : Buffer.from(value).toString('base64')))
    .join(' | ')
}
