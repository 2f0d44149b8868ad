import { fromDisk } from '../config/folder.ts'

/** Files that were read, and whether they have changed since: by content, so that links that turn elsewhere count. */
export class ReadFiles {
  readonly #texts = new Map<string, string | undefined>()
  #seen: string | undefined

  /** Forgets the files, for they are to be read anew. */
  begin(): void {
    this.#texts.clear()
    this.#seen = undefined
  }

  /** @throws {NodeJS.ErrnoException} Where the file cannot be read. */
  read(path: string): string {
    this.#texts.set(path, undefined)
    const text = fromDisk(path)
    this.#texts.set(path, text)
    return text
  }

  /** Whether they have changed since they were read, and not since they were last asked about: who writes is done. */
  haveSettled(): boolean {
    const now = [...this.#texts.keys()].map((path) => [path, attempt(path)] as const)
    if (now.every(([path, text]) => text === this.#texts.get(path))) {
      this.#seen = undefined
      return false
    }
    const seen = JSON.stringify(now)
    const settled = seen === this.#seen
    this.#seen = seen
    return settled
  }
}

function attempt(path: string): string | undefined {
  try {
    return fromDisk(path)
  } catch {
    return undefined
  }
}
