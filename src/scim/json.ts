/** JSON as it came or as it will go. */
export type Json = string | number | boolean | null | readonly Json[] | JsonObject
export interface JsonObject {
  readonly [name: string]: Json
}

/** Whether a parsed JSON value is an object, as opposed to an array or a simple value. */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Whether a value is an array; `Array.isArray` does not narrow read-only arrays. */
export function isArray(value: Json | undefined): value is readonly Json[] {
  return Array.isArray(value)
}

/** The object's own member of exactly this name, so that `__proto__` and its like find nothing. */
export function member(object: JsonObject, name: string): Json | undefined {
  return Object.hasOwn(object, name) ? object[name] : undefined
}

/** The object's own member of this name whatever its letter case (RFC 7643 §2.1). */
export function memberIgnoringCase(object: JsonObject, name: string): Json | undefined {
  const wanted = name.toLowerCase()
  const found = Object.keys(object).find((key) => key.toLowerCase() === wanted)
  return found === undefined ? undefined : object[found]
}

/** The kind of a JSON value with its article, for messages: "a number", "an object". */
export function kindOf(value: unknown): string {
  if (value === null) return 'null'
  if (value === undefined) return 'nothing'
  if (Array.isArray(value)) return 'an array'
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`
}

/** Whether two JSON values are equal; the order of an object's members does not matter. */
export function equalJson(left: Json | undefined, right: Json | undefined): boolean {
  if (left === right) return true
  if (isArray(left)) {
    return (
      isArray(right) &&
      left.length === right.length &&
      left.every((item, index) => equalJson(item, right[index]))
    )
  }
  if (!isObject(left) || !isObject(right)) return false
  const names = Object.keys(left)
  return (
    names.length === Object.keys(right).length &&
    names.every((name) => Object.hasOwn(right, name) && equalJson(left[name], right[name]))
  )
}
