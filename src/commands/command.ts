import type { ParseArgsOptionsConfig } from 'node:util'
import { suggestion } from '../mapping/problem.ts'

/** A command of `scim2ldap`. */
export interface Command {
  /** What `--help` prints. */
  readonly help: string
  readonly options: ParseArgsOptionsConfig
  /** @returns The exit code. */
  run(values: OptionValues, surroundings: Surroundings): Promise<number>
}

export type OptionValues = Readonly<Record<string, string | boolean | undefined>>

/** What a command finds around it. */
export interface Surroundings {
  /** The folder of the package: mappings, deploy. */
  readonly root: string
  readonly environment: Readonly<Record<string, string | undefined>>
}

/** The operator called a command wrongly: printed with a hint to `--help`, exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

export const EXIT = { done: 0, failed: 1, wrongInput: 2 } as const

/**
 * What an option names in a table.
 *
 * @throws {UsageError} Where there is no such name.
 */
export function oneOf<T>(values: OptionValues, name: string, table: ReadonlyMap<string, T>): T {
  const wanted = String(values[name])
  const found = table.get(wanted)
  if (found !== undefined) return found
  const known = [...table.keys()]
  throw new UsageError(
    `--${name} cannot be ${JSON.stringify(wanted)}; there is ${known.join(', ')}${suggestion(wanted, known)}`,
  )
}

/** @throws {UsageError} Where an option that takes a whole number has something else. */
export function wholeNumber(
  values: OptionValues,
  name: string,
  { least, most }: { readonly least: number; readonly most: number },
): number | undefined {
  const text = values[name]
  if (text === undefined) return undefined
  const number = typeof text === 'string' && /^\d+$/.test(text) ? Number(text) : NaN
  if (number >= least && number <= most) return number
  throw new UsageError(`--${name} must be a whole number from ${least} to ${most}`)
}
