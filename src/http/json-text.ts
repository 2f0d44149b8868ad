import { ScimError } from '../scim/error.ts'

/** Arrays and objects in each other; SCIM itself needs five. */
const DEEPEST = 32

/** Names by which objects of JavaScript reach what is not theirs; no attribute has them. */
const REFUSED_NAMES = new Set(['__proto__', 'constructor', 'prototype'])

/**
 * Reads JSON (RFC 8259), and is strict where parsers differ from each other or are led astray: a
 * name that an object has twice (§4 leaves open which one counts), names that mean something to
 * JavaScript, nesting beyond all sense.
 *
 * @throws {ScimError} invalidSyntax
 */
export function parseJsonText(text: string): unknown {
  checkStructure(text)
  try {
    return JSON.parse(text)
  } catch (cause) {
    const { message } = cause as SyntaxError
    throw new ScimError('invalidSyntax', `the body is not JSON: ${message}`, { cause })
  }
}

/** An object or array that is open where we are. */
interface Level {
  /** The names of an object so far; an array has none. */
  readonly names: Set<string> | undefined
  /** Whether a string would be a name. */
  atName: boolean
}

/** One pass over the text; says nothing of whether it is JSON. */
function checkStructure(text: string): void {
  const levels: Level[] = []
  for (let index = 0; index < text.length; index++) {
    const level = levels.at(-1)
    switch (text[index]) {
      case '"': {
        const end = endOfString(text, index)
        if (level?.atName) takeName(level, text.slice(index, end + 1))
        index = end
        break
      }
      case '{':
      case '[': {
        if (levels.length === DEEPEST) {
          throw new ScimError('invalidSyntax', `the body is nested more than ${DEEPEST} deep`)
        }
        const isObject = text[index] === '{'
        levels.push({ names: isObject ? new Set() : undefined, atName: isObject })
        break
      }
      case '}':
      case ']':
        levels.pop()
        break
      case ':':
        if (level !== undefined) level.atName = false
        break
      case ',':
        if (level !== undefined) level.atName = level.names !== undefined
    }
  }
}

/** Where the string that begins here ends; the end of the text where it does not. */
function endOfString(text: string, start: number): number {
  let end = start + 1
  while (end < text.length && text[end] !== '"') end += text[end] === '\\' ? 2 : 1
  return end
}

function takeName({ names }: Level, quoted: string): void {
  const name = nameOf(quoted)
  if (name === undefined) return
  if (REFUSED_NAMES.has(name)) {
    throw new ScimError('invalidSyntax', `the body has the name ${JSON.stringify(name)}`)
  }
  if (names?.has(name)) {
    const shown = name.length > 60 ? `${name.slice(0, 60)}…` : name
    throw new ScimError('invalidSyntax', `an object has the name ${JSON.stringify(shown)} twice`)
  }
  names?.add(name)
}

/** `undefined` for what is no string; the parser will say so. */
function nameOf(quoted: string): string | undefined {
  if (!quoted.includes('\\')) return quoted.slice(1, -1)
  try {
    return JSON.parse(quoted) as string
  } catch {
    return undefined
  }
}
