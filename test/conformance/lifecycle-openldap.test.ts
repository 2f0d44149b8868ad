import { OPENLDAP_MAPPING } from '../support/gateway.ts'
import { startOpenLdap } from '../support/openldap.ts'
import { lifecycle } from './lifecycle.ts'

const OPENLDAP = {
  mapping: OPENLDAP_MAPPING,
  lock: { attribute: 'pwdAccountLockedTime', value: '000001010000Z' },
}

// Overlay unique, which looks at all of the directory here, would not give the name of a leaver away.
lifecycle('OpenLDAP that minds references', async () => ({
  server: await startOpenLdap({ overlays: ['memberof', 'refint', 'ppolicy', 'deref'] }),
  ...OPENLDAP,
}))

lifecycle('OpenLDAP that does not', async () => ({
  server: await startOpenLdap({ overlays: ['ppolicy'] }),
  ...OPENLDAP,
}))
