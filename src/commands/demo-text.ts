import type { RunningDirectory } from '../demo/directory.ts'
import type { Product } from '../demo/products.ts'

/** What the demo tells of itself. */
export interface Access {
  /** Of SCIM. */
  readonly url: string
  readonly token: string
  readonly product: Product
  readonly directory: RunningDirectory
}

export function asJson({ url, token, directory }: Access): string {
  const { plainUrl, adminDn: bindDn, adminPassword: bindPassword, suffix } = directory
  return `${JSON.stringify({ url, token, ldapUrl: plainUrl, bindDn, bindPassword, suffix })}\n`
}

/** Every command line works as it is when pasted into a shell. */
export function asText({ url, token, product, directory }: Access): string {
  const { url: ldapUrl, caFile, adminDn, adminPassword, suffix } = directory
  const curl = `curl -sSw '\\n' -H 'Authorization: Bearer ${token}'`
  const ada = personOf(product)
  const amara = encodeURIComponent(`userName eq "${product.userName('amara.okafor')}"`)
  return `
scim2ldap is up, over a directory of its own: ${product.title}.

  Base URL   ${url}
  Token      ${token}

Find a person:
  ${curl} '${url}/Users?filter=${amara}'

Create one:
  ${curl} -H 'Content-Type: application/scim+json' '${url}/Users' -d '${JSON.stringify(ada)}'

List the groups:
  ${curl} '${url}/Groups?attributes=displayName'

Look into the directory at ${ldapUrl}:
  LDAPTLS_CACERT=${caFile} ldapsearch -LLL -x -H ${ldapUrl} -D '${adminDn}' -w '${adminPassword}' -b '${suffix}' '(${product.nameAttribute}=${ada.userName})'

Ctrl-C ends both and leaves no file behind.
`
}

/** Somebody who is not there yet, with as much as the mapping keeps. */
function personOf({ userName, keepsEverything }: Product) {
  const work = { type: 'work', value: 'ada.lovelace@example.com', primary: true }
  const home = { type: 'home', value: 'ada@example.net' }
  return {
    schemas: ['urn:ietf:params:scim:schemas:core:2.0:User'],
    userName: userName('ada.lovelace'),
    name: { givenName: 'Ada', familyName: 'Lovelace' },
    emails: keepsEverything ? [work, home] : [work],
    externalId: '00u1815',
    ...(keepsEverything && { timezone: 'Europe/London' }),
    active: true,
  }
}
