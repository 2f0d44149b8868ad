import { readdirSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'

/** A fenced example. */
export interface Block {
  readonly line: number
  readonly language: string
  /** What stands behind the language: how the block is to be completed; empty for a whole file. */
  readonly fragment: string
  readonly text: string
  /** The block that follows, whatever its language. */
  readonly next: string
}

const ROOT = resolve(import.meta.dirname, '../..')

/** README, SECURITY and everything in `docs`. */
export const DOCUMENTS: readonly string[] = [
  'README.md',
  'SECURITY.md',
  ...readdirSync(resolve(ROOT, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
]

/** @param file From the root of the repository. */
export function documentOf(file: string): string {
  return readFileSync(resolve(ROOT, file), 'utf8')
}

/** The fenced examples of a Markdown text, also those in lists. */
export function blocksOf(text: string): readonly Block[] {
  const fences = [...text.matchAll(/^( *)```(\w*)(?: (\S+))?\n(.*?)^\1```$/gms)]
  return fences.map(([, indent = '', language = '', fragment = '', inner = ''], index) => ({
    line: text.slice(0, fences[index]?.index).split('\n').length,
    language,
    fragment,
    text: inner.replaceAll(new RegExp(`^${indent}`, 'gm'), ''),
    next: fences[index + 1]?.[4] ?? '',
  }))
}

/** The cells of the table with this head, row by row, without the backquotes around a whole cell. */
export function cellsOf(text: string, head: RegExp): readonly (readonly string[])[] {
  const start = text.search(head)
  if (start === -1) throw new Error(`no table has the head ${String(head)}`)
  const [lines = ''] = text.slice(start).split('\n\n')
  return lines
    .trim()
    .split('\n')
    .slice(2)
    .map((line) =>
      line
        .split(/(?<!\\)\|/)
        .slice(1, -1)
        .map((cell) =>
          cell
            .trim()
            .replace(/^`([^`]*)`$/, '$1')
            .replaceAll('\\|', '|'),
        ),
    )
}

/** What stands between this heading and the next of its rank. */
export function sectionOf(text: string, heading: string): string {
  const start = text.indexOf(`\n${heading}\n`)
  if (start === -1) throw new Error(`no heading is ${heading}`)
  const [rank = ''] = /^#+/.exec(heading) ?? []
  const rest = text.slice(start + heading.length + 1)
  const end = rest.search(new RegExp(`^#{1,${rank.length}} `, 'm'))
  return end === -1 ? rest : rest.slice(0, end)
}

/** Fragments by which links lead to the headings of a Markdown text, as GitHub makes them. */
export function anchorsOf(text: string): readonly string[] {
  return [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\w -]/g, '')
      .replaceAll(' ', '-'),
  )
}
