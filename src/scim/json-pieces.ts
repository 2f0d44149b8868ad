import { isArray, isObject } from './json.ts'
import type { Json } from './json.ts'

/** Elements of an array in one piece at most. */
const PIECE = 500

/** Whether somewhere in a value there is an array too long to be written at once. */
export function isLong(value: Json): boolean {
  if (isArray(value)) return value.length > PIECE || value.some(isLong)
  return isObject(value) && Object.values(value).some(isLong)
}

/** What `JSON.stringify` says of a value, piece by piece: to say it of 100,000 elements takes a while. */
export function* jsonPieces(value: Json): Generator<string> {
  if (!isLong(value)) yield JSON.stringify(value)
  else if (isArray(value)) yield* piecesOfArray(value)
  else yield* piecesOfObject(value as Readonly<Record<string, Json>>)
}

function* piecesOfArray(elements: readonly Json[]): Generator<string> {
  let before = '['
  const short = !elements.some(isLong)
  for (let start = 0; start < elements.length; start += short ? PIECE : 1) {
    yield before
    if (short) yield JSON.stringify(elements.slice(start, start + PIECE)).slice(1, -1)
    else yield* jsonPieces(elements[start] ?? null)
    before = ','
  }
  yield ']'
}

function* piecesOfObject(object: Readonly<Record<string, Json>>): Generator<string> {
  let before = '{'
  for (const [name, value] of Object.entries(object)) {
    yield `${before}${JSON.stringify(name)}:`
    yield* jsonPieces(value)
    before = ','
  }
  yield '}'
}
