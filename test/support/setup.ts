import { prepareDs389 } from './ds389.ts'
import { prepare } from './openldap.ts'
import { havePrograms } from './programs.ts'
import { prepareRedis } from './redis.ts'
import { clearSamba, prepareSamba } from './samba.ts'

/** Vitest's global setup: before the test files, once. */
export async function setup(): Promise<void> {
  await prepare()
  await prepareDs389()
  await prepareSamba()
  await havePrograms('caddy', 'nginx', 'openssl', 'promtool')
  await prepareRedis()
}

/** After the last one. */
export const teardown = clearSamba
