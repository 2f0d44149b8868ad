/** Something that the operator must change in a file. All problems of a file are reported together. */
export interface Problem {
  readonly file: string
  /** 1-based; absent where the file as a whole is meant. */
  readonly line?: number
  readonly column?: number
  /** Where in the document, e.g. `resources.User.attributes["name.familyName"]`; empty for the whole. */
  readonly path: string
  readonly message: string
}

export type DocumentPath = readonly (string | number)[]

/** A parsed document that still knows where each of its parts stands. */
export interface Document {
  readonly file: string
  readonly value: unknown
  /** Where the part at `path` (or the nearest part above it) stands; 1-based. */
  position(path: DocumentPath): { readonly line: number; readonly column: number } | undefined
}

/** Thrown where a file cannot be used; carries every problem found. */
export class ProblemsError extends Error {
  override readonly name = 'ProblemsError'
  readonly problems: readonly Problem[]

  constructor(problems: readonly Problem[]) {
    super(problems.map(printProblem).join('\n'))
    this.problems = problems
  }
}

export function problemAt(document: Document, path: DocumentPath, message: string): Problem {
  return { file: document.file, ...document.position(path), path: printPath(path), message }
}

/** `openldap.yaml:14:9 resources.User.dn: …` */
export function printProblem({ file, line, column, path, message }: Problem): string {
  const place = line === undefined ? file : `${file}:${line}:${column ?? 1}`
  return path === '' ? `${place} ${message}` : `${place} ${path}: ${message}`
}

export function printPath(path: DocumentPath): string {
  return path
    .map((part, index) => {
      if (typeof part === 'number') return `[${part}]`
      if (!/^[A-Za-z_$][\w$-]*$/.test(part)) return `[${JSON.stringify(part)}]`
      return index === 0 ? part : `.${part}`
    })
    .join('')
}

/** `; did you mean "x"?` where one of the known names is near, else nothing. */
export function suggestion(name: string, known: Iterable<string>): string {
  let best: string | undefined
  let bestDistance = Math.max(1, Math.floor(name.length / 3)) + 1
  for (const candidate of known) {
    const distance = editDistance(name.toLowerCase(), candidate.toLowerCase())
    if (distance < bestDistance) [best, bestDistance] = [candidate, distance]
  }
  return best === undefined ? '' : `; did you mean ${JSON.stringify(best)}?`
}

/** Insertions, deletions, substitutions and swaps of neighbours (optimal string alignment). */
function editDistance(a: string, b: string): number {
  let beforeLast: number[] = []
  let last = Array.from({ length: b.length + 1 }, (_, column) => column)
  for (let row = 1; row <= a.length; row++) {
    const current = [row]
    for (let column = 1; column <= b.length; column++) {
      const cost = a[row - 1] === b[column - 1] ? 0 : 1
      let distance = Math.min(
        (last[column] ?? 0) + 1,
        (current[column - 1] ?? 0) + 1,
        (last[column - 1] ?? 0) + cost,
      )
      if (row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1]) {
        distance = Math.min(distance, (beforeLast[column - 2] ?? 0) + 1)
      }
      current.push(distance)
    }
    ;[beforeLast, last] = [last, current]
  }
  return last[b.length] ?? 0
}
