import { STRICT } from './client-quirks.ts'
import { printFilter, readSubAttribute, readValueFilter } from './filter.ts'
import { printAttributePath, readPath } from './path.ts'
import { Scanner } from './scanner.ts'
import type { Tolerance } from './client-quirks.ts'
import type { Filter } from './filter.ts'
import type { AttributePath } from './path.ts'

/** The `path` of a PATCH operation (RFC 7644 §3.5.2): `emails[type eq "work"].value`. */
export interface PatchPath {
  readonly path: AttributePath
  /** Which values of a multi-valued attribute. */
  readonly filter?: Filter
  /** What follows the filter; without a filter the sub-attribute is in `path`. */
  readonly sub?: string
}

/** @throws {ScimError} invalidPath, or invalidFilter for what is inside the brackets (§3.12). */
export function parsePatchPath(text: string, tolerance: Tolerance = STRICT): PatchPath {
  const scanner = new Scanner('path', text, 'invalidPath')
  scanner.tolerance = tolerance
  const path = readPatchPath(scanner)
  scanner.expect('end', 'the end')
  return path
}

/** The next path, for lists of them too. */
export function readPatchPath(scanner: Scanner): PatchPath {
  const path = readPath(scanner)
  if (!scanner.accept('[')) return { path }
  const { refusal } = scanner
  scanner.refusal = 'invalidFilter'
  const filter = readValueFilter(scanner)
  scanner.refusal = refusal
  const sub = readSubAttribute(scanner)
  return sub === undefined ? { path, filter } : { path, filter, sub }
}

/** The path as text that `parsePatchPath` reads as an equal path. */
export function printPatchPath({ path, filter, sub }: PatchPath): string {
  const selection = filter === undefined ? '' : `[${printFilter(filter)}]`
  return `${printAttributePath(path)}${selection}${sub === undefined ? '' : `.${sub}`}`
}
