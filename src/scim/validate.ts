import { Ajv } from 'ajv'
import type { ErrorObject, ValidateFunction } from 'ajv'
import { ScimError } from './error.ts'
import type { Attribute, AttributeKind } from './attribute.ts'
import type { ResourceType } from './resource-type.ts'
import type { Resource } from './resource.ts'

/** What a resource is about to become. */
type Mode = 'create' | 'replace'

/**
 * A check of normalized resources against their schemas (RFC 7643 §2.2), as ajv compiles it once:
 * what is required is there, and every value is of its type. Canonical values are suggestions (§7)
 * and not enforced. A replacement need not repeat what cannot be read, such as a required password.
 *
 * The returned function throws a `ScimError` invalidValue that names every attribute at fault.
 */
export function compileValidator(type: ResourceType): (resource: Resource, mode: Mode) => void {
  const ajv = new Ajv({ allErrors: true, strict: true })
  const validators: Readonly<Record<Mode, ValidateFunction>> = {
    create: ajv.compile(schemaOf(type, 'create')),
    replace: ajv.compile(schemaOf(type, 'replace')),
  }
  return (resource, mode) => {
    const validate = validators[mode]
    if (!validate(resource)) throw refusal(type, validate.errors ?? [])
  }
}

const validators = new WeakMap<ResourceType, ReturnType<typeof compileValidator>>()

/** The check of a type's resources, compiled when it is wanted first. */
export function validatorOf(type: ResourceType): ReturnType<typeof compileValidator> {
  const known = validators.get(type) ?? compileValidator(type)
  validators.set(type, known)
  return known
}

interface ObjectSchema {
  readonly type: 'object'
  readonly properties: Readonly<Record<string, object>>
  readonly required: readonly string[]
}

/** The JSON Schema of a resource type's resources. */
function schemaOf({ schema, extensions }: ResourceType, mode: Mode): object {
  const core = objectOf(schema.attributes, mode)
  return {
    ...core,
    properties: {
      ...core.properties,
      ...Object.fromEntries(
        extensions.map((extension) => [
          extension.schema.id,
          objectOf(extension.schema.attributes, mode),
        ]),
      ),
    },
    required: [
      ...core.required,
      ...extensions.filter(({ required }) => required).map((extension) => extension.schema.id),
    ],
  }
}

function objectOf(attributes: readonly Attribute[], mode: Mode): ObjectSchema {
  const written = attributes.filter(({ mutability }) => mutability !== 'readOnly')
  return {
    type: 'object',
    properties: Object.fromEntries(
      written.map((attribute) => {
        const one = attribute.subAttributes
          ? objectOf(attribute.subAttributes, mode)
          : { type: TYPES[attribute.type] }
        return [attribute.name, attribute.multiValued ? { type: 'array', items: one } : one]
      }),
    ),
    required: written
      .filter(
        ({ required, mutability }) => required && (mode === 'create' || mutability !== 'writeOnly'),
      )
      .map(({ name }) => name),
  }
}

const TYPES: Readonly<Record<AttributeKind, string>> = {
  string: 'string',
  boolean: 'boolean',
  decimal: 'number',
  integer: 'integer',
  dateTime: 'string',
  binary: 'string',
  reference: 'string',
  complex: 'object',
}

function refusal(type: ResourceType, errors: readonly ErrorObject[]): ScimError {
  const missing = [...new Set(errors.filter(({ keyword }) => keyword === 'required').map(pathOf))]
  if (missing.length > 0) {
    const verb = missing.length === 1 ? 'is' : 'are'
    return new ScimError('invalidValue', `${missing.join(', ')} ${verb} required`)
  }
  const wrong = [...new Set(errors.map(pathOf))]
  return new ScimError(
    'invalidValue',
    `${wrong.join(', ')} of ${type.name} must be as its schema says`,
  )
}

/** The attribute that an error is about, without the places of values: `emails.value`. */
function pathOf({ instancePath, params }: ErrorObject): string {
  const { missingProperty } = params as { readonly missingProperty?: string }
  const names = instancePath
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
    .filter((part) => !/^\d+$/.test(part))
  const [first = '', ...rest] = missingProperty === undefined ? names : [...names, missingProperty]
  if (!first.includes(':')) return [first, ...rest].join('.')
  return rest.length === 0 ? first : `${first}:${rest.join('.')}`
}
