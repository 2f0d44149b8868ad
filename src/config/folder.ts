import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'

/** The text of the file at an absolute path. @throws {NodeJS.ErrnoException} Where it cannot be read. */
export type ReadFile = (path: string) => string

/** The folder of the settings: paths in them are relative to it. */
export interface Folder {
  /** Absolute. */
  pathOf(file: string): string
  /** @throws {NodeJS.ErrnoException} Where it cannot be read. */
  read(file: string): string
}

export const fromDisk: ReadFile = (path) => readFileSync(path, 'utf8')

export function folderAt(path: string, read: ReadFile): Folder {
  const pathOf = (file: string) => resolve(path, file)
  return { pathOf, read: (file) => read(pathOf(file)) }
}
