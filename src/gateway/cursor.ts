import { compareKeys } from '../plan/sort.ts'
import type { SortKey } from '../plan/sort.ts'
import { ScimError } from '../scim/error.ts'
import { isArray } from '../scim/json.ts'
import type { Json } from '../scim/json.ts'
import type { List, Listed } from './lists.ts'

/** Makes text unreadable and unforgeable for everybody without the key; replicas share it. */
export interface Seal {
  /** @param context What must be the same when it is opened. */
  close(text: string, context: string): string
  /** @returns The text; `invalid` where it was not closed so, `expired` where that was too long ago. */
  open(
    sealed: string,
    context: string,
  ): { readonly text: string } | { readonly problem: 'invalid' | 'expired' }
  /** How long what is closed can be opened, in s. */
  readonly lifetime: number
}

/** Where a page begins or ends: beside a resource that may be gone by now. */
interface Position {
  readonly side: 'after' | 'before'
  readonly id: string
  readonly key: SortKey
}

/** Which part of a list a page shows. */
export interface Window {
  readonly from: number
  readonly to: number
}

/**
 * The part of a list that a cursor asks for (RFC 9865 §2). The list may be another one than the
 * cursor was made for: it goes on after, or ends before, the resource that the cursor names.
 *
 * @param cursor Empty for the first page.
 * @throws {ScimError} invalidCursor, expiredCursor
 */
export function windowAt(
  list: List,
  cursor: string,
  count: number,
  sealed: { readonly seal: Seal; readonly context: string; readonly descending: boolean },
): Window {
  if (cursor === '') return { from: 0, to: count }
  const { seal, context, descending } = sealed
  const opened = seal.open(cursor, context)
  if ('problem' in opened) throw refusal(opened.problem)
  const position = positionIn(opened.text)
  if (position === undefined) throw refusal('invalid')
  const before = (item: Listed) => compareListed(item, position, descending) < 0
  const beforeOrAt = (item: Listed) => compareListed(item, position, descending) <= 0
  if (position.side === 'after') {
    const from = partition(list, beforeOrAt)
    return { from, to: from + count }
  }
  const to = partition(list, before)
  return { from: Math.max(0, to - count), to }
}

/** The cursors of the pages around a window that shows something. */
export function cursorsAround(
  list: List,
  { from, to }: Window,
  { seal, context }: { readonly seal: Seal; readonly context: string },
): { readonly nextCursor?: string; readonly previousCursor?: string } {
  const close = (side: Position['side'], { id, key }: Listed) =>
    seal.close(JSON.stringify([side, id, key ?? null]), context)
  const [first, last] = [list[from], list[Math.min(to, list.length) - 1]]
  return {
    ...(last !== undefined &&
      to > from &&
      to < list.length && { nextCursor: close('after', last) }),
    ...(first !== undefined && from > 0 && { previousCursor: close('before', first) }),
  }
}

/** By sort key, then by id, so that no two resources stand at the same place. */
export function compareListed(
  left: Pick<Listed, 'id' | 'key'>,
  right: Pick<Listed, 'id' | 'key'>,
  descending: boolean,
): number {
  const order =
    compareKeys(left.key, right.key) || (left.id < right.id ? -1 : left.id > right.id ? 1 : 0)
  return descending ? -order : order
}

/** How many items at the beginning of the list have what those behind them have not. */
function partition(list: List, has: (item: Listed) => boolean): number {
  let [low, high] = [0, list.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    const item = list[middle]
    if (item !== undefined && has(item)) low = middle + 1
    else high = middle
  }
  return low
}

function positionIn(text: string): Position | undefined {
  const parts = JSON.parse(text) as Json
  if (!isArray(parts)) return undefined
  const [side, id, key] = parts
  if ((side !== 'after' && side !== 'before') || typeof id !== 'string') return undefined
  return { side, id, key: key === null || typeof key === 'object' ? undefined : key }
}

function refusal(problem: 'invalid' | 'expired'): ScimError {
  return problem === 'expired'
    ? new ScimError('expiredCursor', 'the cursor is too old; begin again with an empty one')
    : new ScimError('invalidCursor', 'the cursor was not made for this query and this client')
}
