/** What the JSON Schema of the settings says again and again. */

export const text = (description: string) => ({ type: 'string', minLength: 1, description })
export const milliseconds = (description: string) => ({ type: 'integer', minimum: 1, description })
export const count = (description: string) => ({ type: 'integer', minimum: 1, description })
export const flag = (description: string) => ({ type: 'boolean', default: false, description })
export const port = { type: 'integer', minimum: 0, maximum: 65535 }
