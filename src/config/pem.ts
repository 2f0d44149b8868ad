import { createPrivateKey, X509Certificate } from 'node:crypto'
import type { DocumentPath } from '../mapping/problem.ts'
import type { Folder } from './folder.ts'
import { reasonOf } from './secrets.ts'

/** Takes a problem of the settings: where, and what. */
export type Report = (path: DocumentPath, message: string) => void

/** The text of a PEM file that the settings name at `at`, relative to `folder`; empty where there is none, which is reported. */
export function readPem(folder: Folder, file: string, at: DocumentPath, report: Report): string {
  try {
    const text = folder.read(file)
    if (!text.includes('-----BEGIN ')) report(at, 'is not a PEM file')
    return text
  } catch (error) {
    // Without the name: who puts the key itself here shall not find it in a log.
    report(at, `must be the path of a PEM file; it cannot be read: ${reasonOf(error)}`)
    return ''
  }
}

/** A certificate and its key. */
export interface Pair {
  readonly certificate: string
  readonly key: string
}

/** Reads both; that they do not belong together is reported, too. */
export function readPair(folder: Folder, files: Pair, at: DocumentPath, report: Report): Pair {
  const problems: Parameters<Report>[] = []
  const collect: Report = (...problem) => problems.push(problem)
  const pair = {
    certificate: readPem(folder, files.certificate, [...at, 'certificate'], collect),
    key: readPem(folder, files.key, [...at, 'key'], collect),
  }
  if (problems.length === 0) checkPair(pair, at, collect)
  for (const problem of problems) report(...problem)
  return pair
}

function checkPair({ certificate, key }: Pair, at: DocumentPath, report: Report): void {
  const parsed = attempt(() => new X509Certificate(certificate))
  const privateKey = attempt(() => createPrivateKey(key))
  if (parsed === undefined) report([...at, 'certificate'], 'holds no certificate that can be read')
  if (privateKey === undefined) report([...at, 'key'], 'holds no private key that can be read')
  if (parsed && privateKey && !parsed.checkPrivateKey(privateKey)) {
    report([...at, 'key'], 'is not the key of the certificate')
  }
}

function attempt<T>(parse: () => T): T | undefined {
  try {
    return parse()
  } catch {
    return undefined
  }
}
