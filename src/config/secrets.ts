import type { Document, DocumentPath, Problem } from '../mapping/problem.ts'
import { printPath, problemAt } from '../mapping/problem.ts'
import type { Folder } from './folder.ts'

/** `${VAR}`, `${VAR:-default}`, `${file:PATH}`; `$$` stands for a dollar sign. */
const REFERENCE = /\$\$|\$\{(file:)?([^}:]*)(?::-([^}]*))?\}/g

const REASONS = new Map([
  ['ENOENT', 'there is no such file'],
  ['EACCES', 'this user may not read it'],
  ['EISDIR', 'it is a folder'],
])

/** Why a file cannot be read, without its name, which may be a secret in the wrong place. */
export function reasonOf(error: unknown): string {
  const { code = 'unknown error' } = error as { code?: string }
  return REASONS.get(code) ?? code
}

/** A document whose references were replaced by what they stand for. */
export interface Resolved {
  readonly document: Document
  /** Printed paths of the values that came from elsewhere; they are never to be shown. */
  readonly hidden: ReadonlySet<string>
  readonly problems: readonly Problem[]
}

/**
 * Resolves the references to environment and files in every text of a document, once.
 *
 * @param folder Where the files are.
 */
export function resolveReferences(
  document: Document,
  environment: Readonly<Record<string, string | undefined>>,
  folder: Folder,
): Resolved {
  const hidden = new Set<string>()
  const problems: Problem[] = []
  const report = (path: DocumentPath, message: string) => {
    problems.push(problemAt(document, path, message))
    return ''
  }
  const resolveText = (text: string, path: DocumentPath) =>
    text.replaceAll(
      REFERENCE,
      (whole, file: string | undefined, name: string, fallback?: string) => {
        if (whole === '$$') return '$'
        hidden.add(printPath(path))
        if (file !== undefined) {
          try {
            return folder.read(name).replace(/\r?\n$/, '')
          } catch (error) {
            return report(path, `cannot read the file ${name}: ${reasonOf(error)}`)
          }
        }
        // As in a shell, an empty variable counts as unset where there is a default.
        const value = Object.hasOwn(environment, name) ? environment[name] : undefined
        if (fallback !== undefined) return value === undefined || value === '' ? fallback : value
        return value ?? report(path, `the environment variable ${name} is not set`)
      },
    )
  const walk = (value: unknown, path: DocumentPath): unknown => {
    if (typeof value === 'string') return resolveText(value, path)
    if (Array.isArray(value)) return value.map((item, index) => walk(item, [...path, index]))
    if (typeof value !== 'object' || value === null) return value
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [key, walk(item, [...path, key])]),
    )
  }
  return { document: { ...document, value: walk(document.value, []) }, hidden, problems }
}
