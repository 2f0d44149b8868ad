import type { BreakerLimits } from '../gateway/options.ts'
import type { ClientOptions, LimitOptions } from '../http/options.ts'
import type { ProtectItem } from '../mapping/protection.ts'

/** `gateway.yaml` as it is written; README.md has the table. */
export interface Settings {
  readonly listen: ListenSettings
  readonly admin: { readonly host: string; readonly port: number }
  readonly log: {
    readonly level: 'debug' | 'info' | 'warn' | 'error' | 'silent'
    readonly tokenExpiryDays: number
  }
  readonly audit: { readonly file?: string; readonly ldif?: boolean }
  readonly cursors: { readonly key?: string; readonly lifetimeSeconds: number }
  readonly limits: LimitOptions
  /** Of the shared store, or that alone; each process for itself where it is absent. */
  readonly counters?: string | CountersSettings
  readonly endpoints: Readonly<Record<string, EndpointSettings>>
}

export interface CountersSettings {
  readonly url: string
  readonly username?: string
  readonly password?: string
  readonly ca?: string
  readonly dangerouslyAllowPlainRedis?: boolean
}

export interface ListenSettings {
  readonly host: string
  readonly port: number
  readonly tls?: {
    readonly certificate: string
    readonly key: string
    readonly clientCa?: string
  }
  readonly publicUrl?: string
  readonly trustedProxies: readonly string[]
  readonly clientCertificateHeader?: string
  readonly bodyLimit: number
  readonly bulkLimit: number
  readonly dangerouslyAllowPlainHttp: boolean
}

export interface ClientSettings extends ClientOptions {
  readonly breaker?: Partial<BreakerLimits>
}

export interface EndpointSettings extends ProtectionSettings {
  readonly mapping: string
  readonly directory: DirectorySettings
  readonly lookThrough: number
  readonly breaker: BreakerLimits
  readonly clients: readonly ClientSettings[]
}

/** What the settings of an endpoint say of protected entries. */
export interface ProtectionSettings {
  readonly protect: readonly ProtectItem[]
  readonly dangerouslyUnprotected: readonly string[]
}

export interface DirectorySettings {
  readonly url: string | readonly string[]
  readonly suffix: string
  readonly bind:
    { readonly dn: string; readonly password: string } | { readonly method: 'external' }
  readonly startTls: boolean
  readonly tls: {
    readonly ca?: string
    readonly certificate?: string
    readonly key?: string
    readonly servername?: string
    readonly dangerouslyAllowUnverified: boolean
  }
  readonly connectTimeoutMs?: number
  readonly operationTimeoutMs?: number
  readonly poolSize?: number
  readonly searchPoolSize?: number
  readonly maxQueue?: number
  readonly dangerouslyAllowPlainLdap: boolean
}
