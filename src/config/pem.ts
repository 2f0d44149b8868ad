import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import type { DocumentPath } from '../mapping/problem.ts'
import { reasonOf } from './secrets.ts'

/** Takes a problem of the settings: where, and what. */
export type Report = (path: DocumentPath, message: string) => void

/** The text of a PEM file that the settings name at `at`, relative to `folder`; empty where there is none, which is reported. */
export function readPem(folder: string, file: string, at: DocumentPath, report: Report): string {
  try {
    const text = readFileSync(resolve(folder, file), 'utf8')
    if (!text.includes('-----BEGIN ')) report(at, 'is not a PEM file')
    return text
  } catch (error) {
    // Without the name: who puts the key itself here shall not find it in a log.
    report(at, `must be the path of a PEM file; it cannot be read: ${reasonOf(error)}`)
    return ''
  }
}
