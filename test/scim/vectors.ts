import { readFileSync } from 'node:fs'

export interface Vector<Parsed> {
  readonly section: string
  readonly text: string
  readonly parsed?: Parsed
  /** Part of the message. */
  readonly error?: string
  readonly scimType?: string
}

/** The grammar cases in test/vectors/<name>.json; `member` is where the parsed form stands. */
export function readVectors<Parsed>(
  name: string,
  member: string,
): {
  readonly valid: readonly Required<Pick<Vector<Parsed>, 'section' | 'text' | 'parsed'>>[]
  readonly invalid: readonly (Vector<Parsed> & { readonly error: string })[]
} {
  const url = new URL(`../vectors/${name}.json`, import.meta.url)
  const cases = JSON.parse(readFileSync(url, 'utf8')) as readonly Record<string, unknown>[]
  const vectors = cases.map(
    ({ [member]: parsed, ...rest }) => ({ ...rest, parsed }) as Vector<Parsed>,
  )
  return {
    valid: vectors.flatMap(({ section, text, parsed }) =>
      parsed === undefined ? [] : [{ section, text, parsed }],
    ),
    invalid: vectors.flatMap(({ error, ...rest }) =>
      error === undefined ? [] : [{ ...rest, error }],
    ),
  }
}
