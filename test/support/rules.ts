import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { readYaml } from '../../src/config/yaml.ts'
import { parseDn } from '../../src/ldap/dn.ts'
import { compileMapping } from '../../src/mapping/compile.ts'
import type { Problem } from '../../src/mapping/problem.ts'
import { printProblem, ProblemsError } from '../../src/mapping/problem.ts'
import type { AttributeRule, ResourceRules, Rules } from '../../src/mapping/rules.ts'
import { resourceRules } from '../../src/mapping/rules.ts'

/** The folder of the mappings that are shipped. */
export const SHIPPED_MAPPINGS = resolve(import.meta.dirname, '../../mappings')

/** The rules of a mapping in YAML, for a directory dc=example. */
export function rulesOf(yaml: string): Rules {
  const compiled = compile(yaml)
  if ('problems' in compiled) throw new ProblemsError(compiled.problems)
  return compiled.rules
}

/** The rules of a mapping that is shipped. */
export function shippedRules(name: string): Rules {
  return rulesOf(readFileSync(resolve(SHIPPED_MAPPINGS, `${name}.yaml`), 'utf8'))
}

/** Every problem of a mapping in YAML, as the operator reads it. */
export function problemsOf(yaml: string): readonly string[] {
  const compiled = compile(yaml)
  return 'problems' in compiled ? compiled.problems.map(printProblem) : []
}

/** The rule of an attribute as the mapping names it. */
export function ruleOf<Kind extends AttributeRule['kind']>(
  resource: ResourceRules,
  key: string,
  kind: Kind,
): Extract<AttributeRule, { kind: Kind }> {
  const rule = resource.attributes.find((candidate) => candidate.key === key)
  if (rule?.kind !== kind) throw new Error(`${key} is no ${kind}, but ${rule?.kind}`)
  return rule as Extract<AttributeRule, { kind: Kind }>
}

/** The rules of Users alone, from lines below `attributes:` and, where given, others of the resource. */
export function userRules(attributes: readonly string[], others: readonly string[] = []) {
  const rules = rulesOf(userMapping(attributes, others))
  return { rules, user: resourceRules(rules, 'User') }
}

/** A mapping of Users alone; `attributes` begins at its line 8. */
export function userMapping(attributes: readonly string[], others: readonly string[] = []): string {
  return [
    'dialect: openldap',
    'resources:',
    '  User:',
    '    base: ou=people,{{ suffix }}',
    '    filter: (objectClass=inetOrgPerson)',
    '    objectClass: [inetOrgPerson]',
    '    attributes:',
    ...attributes.map((line) => `      ${line}`),
    ...(others.some((line) => line.startsWith('dn:'))
      ? []
      : ['    dn: uid={{ userName }},ou=people,{{ suffix }}']),
    ...others.map((line) => `    ${line}`),
    '',
  ].join('\n')
}

function compile(
  yaml: string,
): { readonly rules: Rules } | { readonly problems: readonly Problem[] } {
  const read = readYaml('mapping.yaml', yaml)
  return 'problems' in read ? read : compileMapping(read.document, parseDn('dc=example'))
}
