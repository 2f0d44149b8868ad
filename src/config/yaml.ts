import { isMap, isNode, isSeq, LineCounter, parseDocument, Scalar } from 'yaml'
import type { Node, ParsedNode } from 'yaml'
import type { Document, DocumentPath, Problem } from '../mapping/problem.ts'

/**
 * Reads a YAML 1.2 text, keeping where each part stands.
 *
 * @returns The document, or the problems of its syntax.
 */
export function readYaml(
  file: string,
  text: string,
): { readonly document: Document } | { readonly problems: readonly Problem[] } {
  const lines = new LineCounter()
  const parsed = parseDocument(text, { lineCounter: lines, prettyErrors: false })
  const at = (offset: number) => {
    const { line, col } = lines.linePos(offset)
    return { line, column: col }
  }
  if (parsed.errors.length > 0) {
    const problems = parsed.errors.map(({ message, pos }) => ({
      file,
      ...at(pos[0]),
      path: '',
      message,
    }))
    return { problems }
  }
  let value: unknown
  try {
    value = parsed.toJS()
  } catch (error) {
    return { problems: [{ file, path: '', message: (error as Error).message }] }
  }
  return {
    document: {
      file,
      value,
      position(path) {
        const offset = offsetOf(parsed.contents, path)
        return offset === undefined ? undefined : at(offset)
      },
    },
  }
}

/** Where the key (or item) at the end of the path begins; as far as the path leads. */
function offsetOf(root: ParsedNode | null, path: DocumentPath): number | undefined {
  let node: unknown = root
  let offset = startOf(node)
  for (const part of path) {
    if (isMap(node)) {
      const pair = node.items.find(({ key }) => keyText(key) === String(part))
      if (pair === undefined) break
      offset = startOf(pair.key) ?? offset
      node = pair.value
    } else if (isSeq(node) && typeof part === 'number') {
      node = node.items[part]
      offset = startOf(node) ?? offset
    } else break
  }
  return offset
}

function keyText(key: unknown): string | undefined {
  return key instanceof Scalar ? String(key.value) : undefined
}

function startOf(node: unknown): number | undefined {
  return isNode(node) ? (node as Node).range?.[0] : undefined
}
