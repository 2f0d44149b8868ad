import type { Json } from '../support/gateway.ts'

/**
 * Where a value is not as it should be: nothing means that it is. Objects may have more members.
 * `null` means that there is no such member, for the answers of the gateway have no nulls. Arrays
 * are as long, in any order. `{{any}}` alone is anything that is there; in a text, any text.
 *
 * @param at The path of the value, for the words.
 */
export function differences(expected: Json, found: Json, at: string): readonly string[] {
  if (expected === null) return found === undefined ? [] : [`${at} must not be there`]
  if (expected === '{{any}}') return found === undefined ? [`${at} is not there`] : []
  if (typeof expected === 'string' && typeof found === 'string') {
    const parts = expected.split('{{any}}').map((part) => part.replace(/[^\w\s]/g, '\\$&'))
    const matches = new RegExp(`^${parts.join('.*')}$`, 's').test(found)
    return matches ? [] : [`${at} is ${JSON.stringify(found)}, not ${JSON.stringify(expected)}`]
  }
  if (Array.isArray(expected) && Array.isArray(found)) return ofArrays(expected, found, at)
  if (isObject(expected) && isObject(found)) {
    return Object.entries(expected).flatMap(([name, value]) =>
      differences(value, found[name], `${at}.${name}`),
    )
  }
  return expected === found
    ? []
    : [`${at} is ${JSON.stringify(found)}, not ${JSON.stringify(expected)}`]
}

function ofArrays(
  expected: readonly Json[],
  found: readonly Json[],
  at: string,
): readonly string[] {
  if (found.length !== expected.length) {
    return [`${at} has ${found.length} elements, not ${expected.length}: ${JSON.stringify(found)}`]
  }
  const left = [...found]
  return expected.flatMap((element, index) => {
    const position = left.findIndex((other) => differences(element, other, at).length === 0)
    if (position !== -1) {
      left.splice(position, 1)
      return []
    }
    return [`${at}[${index}] is not there: ${JSON.stringify(element)} in ${JSON.stringify(found)}`]
  })
}

function isObject(value: Json): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
