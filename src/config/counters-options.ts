import type { CountersOptions } from '../counters/options.ts'
import type { Folder } from './folder.ts'
import { isLoopback } from './loopback.ts'
import { readPem } from './pem.ts'
import type { Report } from './pem.ts'
import type { CountersSettings } from './settings.ts'

/** The options of the shared counters, their PEM file read; what is wrong with them is reported. */
export function countersOptions(
  settings: string | CountersSettings,
  folder: Folder,
  report: Report,
): CountersOptions {
  const given = typeof settings === 'string' ? { url: settings } : settings
  const at = typeof settings === 'string' ? ['counters'] : ['counters', 'url']
  const { url, ca, dangerouslyAllowPlainRedis = false, ...rest } = given
  const parsed = URL.canParse(url) ? new URL(url) : undefined
  if (
    parsed === undefined ||
    !['redis:', 'rediss:'].includes(parsed.protocol) ||
    parsed.hostname === '' ||
    !/^\/?\d*$/.test(parsed.pathname)
  ) {
    report(at, 'must be redis://host[:port][/database] or rediss://host[:port][/database]')
  } else {
    if (parsed.username !== '' || parsed.password !== '') {
      report(at, 'must not hold credentials; they belong in counters.username and .password')
    }
    const plain = parsed.protocol === 'redis:' && !isLoopback(parsed.hostname)
    if (plain && !dangerouslyAllowPlainRedis) {
      report(
        at,
        'would be without TLS beyond loopback: use rediss://, or counters.dangerouslyAllowPlainRedis',
      )
    }
  }
  return {
    url,
    ...rest,
    ...(ca !== undefined && { ca: readPem(folder, ca, ['counters', 'ca'], report) }),
  }
}
