import { filterableParts } from './match.ts'
import { printAttributePath, printResolved, quirkOfPath, resolvePath } from './path.ts'
import { findAttribute } from './schema.ts'
import { booleanOf } from './value.ts'
import type { Attribute } from './attribute.ts'
import type { Tolerance } from './client-quirks.ts'
import type { Comparand, Filter } from './filter.ts'
import type { AttributePath } from './path.ts'
import type { ResourceType } from './resource-type.ts'

/**
 * What a filter has that the grammar allows and the RFCs do not: paths that resolve all the same,
 * and text for a boolean.
 *
 * @throws {ScimError} invalidFilter, for what is not tolerated.
 */
export function checkFilterQuirks(type: ResourceType, filter: Filter, tolerance: Tolerance): void {
  switch (filter.kind) {
    case 'and':
    case 'or':
      for (const part of filter.filters) checkFilterQuirks(type, part, tolerance)
      return
    case 'not':
      return checkFilterQuirks(type, filter.filter, tolerance)
    case 'present':
      attributeAt(type, filter.path, tolerance)
      return
    case 'compare': {
      const attribute = attributeAt(type, filter.path, tolerance)
      if (attribute !== undefined) checkComparand(attribute, filter.value, tolerance)
      return
    }
    case 'valuePath': {
      const attribute = attributeAt(type, filter.path, tolerance)
      if (attribute !== undefined) checkInside(attribute, filter.filter, tolerance)
    }
  }
}

/** `roles[primary eq "True"]`, as Entra ID writes it. */
export function checkComparand(
  attribute: Attribute,
  comparand: Comparand,
  tolerance: Tolerance,
): void {
  if (attribute.type !== 'boolean' || typeof comparand !== 'string') return
  if (booleanOf(comparand) === undefined) return
  const message = `${attribute.name} is compared with true or false, not with a string`
  tolerance.tolerate('booleanAsText', message, 'invalidFilter')
}

function checkInside(attribute: Attribute, filter: Filter, tolerance: Tolerance): void {
  switch (filter.kind) {
    case 'and':
    case 'or':
      for (const part of filter.filters) checkInside(attribute, part, tolerance)
      return
    case 'not':
      return checkInside(attribute, filter.filter, tolerance)
    case 'compare': {
      const sub = findAttribute(filterableParts(attribute), filter.path.attribute)
      if (sub !== undefined) checkComparand(sub, filter.value, tolerance)
    }
  }
}

function attributeAt(
  type: ResourceType,
  path: AttributePath,
  tolerance: Tolerance,
): Attribute | undefined {
  const resolved = resolvePath(type, path)
  if (resolved === undefined) return undefined
  const quirk = quirkOfPath(type, path, resolved)
  if (quirk !== undefined) {
    const message = `"${printAttributePath(path)}" must be "${printResolved(resolved)}"`
    tolerance.tolerate(quirk, message, 'invalidFilter')
  }
  return resolved.sub ?? resolved.attribute
}
