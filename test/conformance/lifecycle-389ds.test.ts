import type { Ds389Options } from '../../src/demo/ds389.ts'
import { startDs389 } from '../../src/demo/ds389.ts'
import { describeDs389 } from '../support/here.ts'
import { blockOf } from '../support/docs.ts'
import { DS389_MAPPING } from '../support/gateway.ts'
import { ldapmodify } from '../support/ldapmodify.ts'
import type { Grounds } from './lifecycle.ts'
import { lifecycle } from './lifecycle.ts'

/** The service account has the rights of docs/389ds.md. */
async function start(options: Ds389Options): Promise<Grounds> {
  const server = await startDs389({ ...options, serviceRights: 'none' })
  const access = blockOf('docs/389ds.md', 'ldif access')
  const [ofPeople = ''] = access.split('\n\n')
  return {
    server,
    mapping: DS389_MAPPING,
    lock: { attribute: 'nsAccountLock', value: 'true' },
    async ready() {
      for (const rights of [
        access,
        ofPeople.replaceAll('ou=people', 'ou=leavers'),
        blockOf('docs/389ds.md', 'ldif access-moves'),
        blockOf('docs/389ds.md', 'ldif access-leavers'),
      ]) {
        await ldapmodify(server, `${rights}\n`.replaceAll('dc=corp,dc=example', server.suffix))
      }
    },
  }
}

describeDs389('389 Directory Server', () => {
  lifecycle('with plug-ins', () => start({ plugins: ['memberof', 'refint'] }))
  lifecycle('without plug-ins', () => start({ plugins: [] }))
})
