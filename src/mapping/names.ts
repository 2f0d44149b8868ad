import type { Compilation } from './compilation.ts'
import type { MappingDocument, SchemaDocument } from './document.ts'

/** Endpoints that SCIM itself has (RFC 7644 §3.2), in lower case. */
const RESERVED_ENDPOINTS = new Set([
  '/schemas',
  '/resourcetypes',
  '/serviceproviderconfig',
  '/bulk',
  '/me',
])

/** What templates read besides attributes. */
const MEANINGS = new Map([
  ['suffix', 'the suffix of the directory'],
  ['n', 'the number of a name'],
])

/** Where the resources of a type are served. */
export function endpointOf(name: string, endpoint: string | undefined): string {
  return endpoint ?? `/${name}s`
}

/** Reports names of schemas and endpoints that mean something else already. */
export function reportTakenNames(
  { catalogue, report }: Compilation,
  { schemas, resources }: Partial<MappingDocument>,
): void {
  const core = [...catalogue.core.values()]
  const attributes = core.flatMap((schema) => schema.attributes.map(({ name }) => name))
  const own = new Set(Object.keys(schemas ?? {}))
  const ids = new Map(core.map(({ id, name }) => [id.toLowerCase(), name]))
  for (const [alias, { id }] of catalogue.aliases)
    if (!own.has(alias)) ids.set(id.toLowerCase(), alias)
  for (const [alias, { id }] of Object.entries<Partial<SchemaDocument>>(schemas ?? {})) {
    const meaning = MEANINGS.get(alias) ?? (attributes.includes(alias) ? 'an attribute' : undefined)
    if (meaning !== undefined) {
      report(['schemas', alias], `${JSON.stringify(alias)} is ${meaning} already`)
    }
    if (id === undefined) continue
    const owner = ids.get(id.toLowerCase())
    if (owner !== undefined)
      report(['schemas', alias, 'id'], `${id} is the schema ${owner} already`)
    ids.set(id.toLowerCase(), alias)
  }
  const endpoints = new Map<string, string>()
  for (const [name, { endpoint: written }] of Object.entries(resources ?? {})) {
    const at = ['resources', name, ...(written === undefined ? [] : ['endpoint'])]
    const endpoint = endpointOf(name, written)
    // Paths are matched without regard to letter case.
    const key = endpoint.toLowerCase()
    const owner = endpoints.get(key)
    if (RESERVED_ENDPOINTS.has(key)) report(at, `${endpoint} is an endpoint of SCIM itself`)
    else if (owner !== undefined) report(at, `${endpoint} is the endpoint of ${owner} already`)
    endpoints.set(key, name)
  }
}
