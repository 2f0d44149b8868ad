import type { ControlName, ExtensionName, FeatureName } from './control.ts'
import type { LdapSchema } from './schema.ts'

/** What a server says of itself: its root DSE and its schema, read when the first connection is bound. */
export interface Server {
  readonly controls: ReadonlySet<ControlName>
  readonly extensions: ReadonlySet<ExtensionName>
  readonly features: ReadonlySet<FeatureName>
  readonly schema: LdapSchema
  readonly vendor: string | undefined
  readonly namingContexts: readonly string[]
}
