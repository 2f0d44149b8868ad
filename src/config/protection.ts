import type { DocumentPath } from '../mapping/problem.ts'
import { excepting, protecting, protectingAccount } from '../mapping/protection.ts'
import type { Rules } from '../mapping/rules.ts'
import type { Report } from './pem.ts'
import type { DirectorySettings, ProtectionSettings } from './settings.ts'

/** The rules with what the settings protect, and with the account that the gateway binds as. */
export function withProtection(
  rules: Rules,
  { protect, dangerouslyUnprotected }: ProtectionSettings,
  bind: DirectorySettings['bind'],
  at: DocumentPath,
  report: Report,
): Rules {
  const { scope } = rules
  let protection = protecting(rules.protection, protect, scope, (index, key, message) =>
    report([...at, 'protect', index, key], message),
  )
  if ('dn' in bind) protection = protectingAccount(protection, bind.dn)
  dangerouslyUnprotected.forEach((text, index) => {
    try {
      protection = excepting(protection, text, scope)
    } catch (error) {
      report([...at, 'dangerouslyUnprotected', index], (error as Error).message)
    }
  })
  return { ...rules, protection }
}
