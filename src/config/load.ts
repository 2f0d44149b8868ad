import { dirname, resolve } from 'node:path'
import type { CountersOptions } from '../counters/options.ts'
import type { DirectoryOptions } from '../directory/options.ts'
import type { BreakerLimits } from '../gateway/options.ts'
import type { EndpointOptions } from '../http/options.ts'
import { compileMapping, parseSuffix } from '../mapping/compile.ts'
import type { Document, DocumentPath, Problem } from '../mapping/problem.ts'
import { printPath, problemAt, ProblemsError } from '../mapping/problem.ts'
import type { Rules } from '../mapping/rules.ts'
import { pathOf, problemsOfShape } from '../mapping/shape.ts'
import { reportClients, reportRights, subtreesOf } from './client-problems.ts'
import type { Subtree } from './client-problems.ts'
import { countersOptions } from './counters-options.ts'
import { directoryOptions } from './directory-options.ts'
import { folderAt, fromDisk } from './folder.ts'
import type { Folder, ReadFile } from './folder.ts'
import { listenOptions } from './listen-options.ts'
import type { ListenOptions } from './listen-options.ts'
import { findMapping } from './mapping-file.ts'
import type { Report } from './pem.ts'
import { withProtection } from './protection.ts'
import { reasonOf, resolveReferences } from './secrets.ts'
import type { EndpointSettings, ListenSettings, Settings } from './settings.ts'
import { settingsErrors } from './settings-schema.ts'
import { readYaml } from './yaml.ts'

/** Everything that the gateway runs by, checked. */
export interface Configuration {
  readonly listen: ListenOptions
  readonly admin: Settings['admin']
  readonly log: Settings['log']
  readonly audit: AuditOptions
  readonly cursors: Settings['cursors']
  readonly limits: Settings['limits']
  /** Where replicas count together; absent where each counts for itself. */
  readonly counters?: CountersOptions
  readonly endpoints: readonly EndpointConfiguration[]
}

/** Where records of writes go, and how much they tell. */
export interface AuditOptions {
  /** Absolute path; standard output, among the lines of the log, unless given. */
  readonly file?: string
  /** Whether records hold the LDIF of the writes, with values. */
  readonly ldif: boolean
}

export interface EndpointConfiguration {
  readonly options: EndpointOptions
  readonly rules: Rules
  /** By the name of a client: the part of the directory that it is confined to. */
  readonly subtrees: ReadonlyMap<string, Subtree>
  readonly directory: DirectoryOptions
  /** Resources that are looked at one by one for a filter that LDAP cannot say. */
  readonly lookThrough: number
  /** By the name of the client; who is not in it has no breaker. */
  readonly breaker: ReadonlyMap<string, BreakerLimits>
}

export interface Surroundings {
  readonly environment: Readonly<Record<string, string | undefined>>
  /** The folder of the mappings that are shipped. */
  readonly shippedMappings: string
  /** For who wants to know which files were read, and what was in them. */
  readonly readFile?: ReadFile
}

/** How a file is read, and where the problems go that it has. */
interface Reading {
  readonly read: ReadFile
  readonly problems: Problem[]
}

interface Loading extends Reading {
  readonly folder: Folder
  readonly shippedMappings: string
}

/**
 * Reads settings and mappings.
 *
 * @throws {ProblemsError} With every problem of every file.
 */
export function loadConfiguration(file: string, surroundings: Surroundings): Configuration {
  const problems: Problem[] = []
  const { environment, shippedMappings, readFile: read = fromDisk } = surroundings
  const folder = folderAt(dirname(resolve(file)), read)
  const loading: Loading = { folder, read, shippedMappings, problems }
  const written = readDocument(file, loading)
  if (written === undefined) throw new ProblemsError(problems)
  const { document, hidden, problems: unresolved } = resolveReferences(written, environment, folder)
  problems.push(...unresolved)
  const errors = settingsErrors(document.value)
  problems.push(...hiding(hidden, problemsOfShape(document, errors)).filter(isNew(unresolved)))
  if (errors.length > 0) {
    problems.push(...mappingProblems(document, new Set(errors.map(pathOf).map(printPath)), loading))
    throw new ProblemsError(problems)
  }
  const settings = document.value as Settings
  const report: Report = (path, message) => problems.push(problemAt(document, path, message))
  const listen = listenOptions(settings.listen, folder, report)
  const counters = settings.counters && countersOptions(settings.counters, folder, report)
  const endpoints = Object.entries(settings.endpoints).flatMap(([path, endpoint]) => {
    const loaded = loadEndpoint(path, endpoint, settings.listen, loading, report)
    return loaded === undefined ? [] : [loaded]
  })
  if (problems.length > 0) throw new ProblemsError(problems)
  const { listen: _files, counters: _store, ...rest } = settings
  const audit = auditOptions(settings.audit, folder)
  return { ...rest, listen, audit, ...(counters && { counters }), endpoints }
}

/** Who names a file wants the values; among the lines of the log there are none unless told. */
function auditOptions({ file, ldif }: Settings['audit'], folder: Folder): AuditOptions {
  return {
    ldif: ldif ?? file !== undefined,
    ...(file !== undefined && { file: folder.pathOf(file) }),
  }
}

function loadEndpoint(
  path: string,
  endpoint: EndpointSettings,
  listen: ListenSettings,
  loading: Loading,
  report: Report,
): EndpointConfiguration | undefined {
  const { mapping, directory, lookThrough, clients } = endpoint
  const { folder, shippedMappings } = loading
  const at: DocumentPath = ['endpoints', path]
  reportClients(clients, listen, [...at, 'clients'], report)
  const options = directoryOptions(directory, [...at, 'directory'], folder, report)
  if (parseSuffix(directory.suffix) === undefined) {
    report([...at, 'directory', 'suffix'], 'must be a DN such as dc=example,dc=com')
  }
  const file = findMapping(mapping, folder, shippedMappings, (message) =>
    report([...at, 'mapping'], message),
  )
  const rules = file === undefined ? undefined : rulesOf(file, directory.suffix, loading)
  if (rules === undefined) return undefined
  reportRights(clients, rules, [...at, 'clients'], report)
  const subtrees = subtreesOf(clients, directory.suffix, rules, [...at, 'clients'], report)
  const identities = clients.flatMap(({ name, actAs }) =>
    actAs === undefined ? [] : [{ client: name, actAs }],
  )
  return {
    options: { path, clients },
    rules: withProtection(rules, endpoint, directory.bind, at, report),
    subtrees,
    directory: { ...options, identities },
    lookThrough,
    breaker: new Map(
      clients.map(({ name, breaker }) => [name, { ...endpoint.breaker, ...breaker }]),
    ),
  }
}

/**
 * Reads one mapping for a directory with this suffix.
 *
 * @throws {ProblemsError} With every problem of it.
 */
export function loadMapping(file: string, suffix: string): Rules {
  const problems: Problem[] = []
  const rules = rulesOf(file, suffix, { read: fromDisk, problems })
  if (rules === undefined) throw new ProblemsError(problems)
  return rules
}

/** Where the suffix is no DN, which the settings' problems tell, another one stands in to find the mapping's. */
function rulesOf(file: string, suffixText: string, reading: Reading): Rules | undefined {
  const document = readDocument(file, reading)
  const suffix = parseSuffix(suffixText) ?? parseSuffix('dc=example')
  if (document === undefined || suffix === undefined) return undefined
  const compiled = compileMapping(document, suffix)
  if ('rules' in compiled) return compiled.rules
  reading.problems.push(...compiled.problems)
  return undefined
}

/** Problems of the mappings that are named by settings which have problems of their own. */
function mappingProblems(
  document: Document,
  broken: ReadonlySet<string>,
  { folder, read, shippedMappings }: Loading,
): readonly Problem[] {
  const problems: Problem[] = []
  const endpoints = (document.value as { endpoints?: unknown } | null)?.endpoints
  if (typeof endpoints !== 'object' || endpoints === null) return []
  for (const [path, endpoint] of Object.entries(
    endpoints as Record<string, Partial<EndpointSettings> | null>,
  )) {
    const mapping = endpoint?.mapping
    if (typeof mapping !== 'string' || broken.has(printPath(['endpoints', path, 'mapping'])))
      continue
    const suffix = endpoint?.directory?.suffix
    const file = findMapping(mapping, folder, shippedMappings, (message) =>
      problems.push(problemAt(document, ['endpoints', path, 'mapping'], message)),
    )
    if (file !== undefined)
      rulesOf(file, typeof suffix === 'string' ? suffix : '', { read, problems })
  }
  return problems
}

function readDocument(file: string, { read, problems }: Reading): Document | undefined {
  let text: string
  try {
    text = read(resolve(file))
  } catch (error) {
    problems.push({ file, path: '', message: `cannot be read: ${reasonOf(error)}` })
    return undefined
  }
  const parsed = readYaml(file, text)
  if ('document' in parsed) return parsed.document
  problems.push(...parsed.problems)
  return undefined
}

/** What could not be resolved has no shape that is worth a second complaint. */
function isNew(unresolved: readonly Problem[]): (problem: Problem) => boolean {
  const told = new Set(unresolved.map(({ path }) => path))
  return ({ path }) => !told.has(path)
}

/** A value that came from environment or file must not be quoted. */
function hiding(hidden: ReadonlySet<string>, problems: readonly Problem[]): readonly Problem[] {
  return problems.map((problem) =>
    hidden.has(problem.path)
      ? { ...problem, message: 'the value from the environment or file does not fit here' }
      : problem,
  )
}
