/**
 * A schema description (RFC 4512 §4.1): its OID and its keywords in upper case, each with the
 * strings that follow it; a flag such as `SINGLE-VALUE` has none.
 */
export interface Description {
  readonly oid: string
  readonly words: ReadonlyMap<string, readonly string[]>
}

const TOKEN = /\s*(?:([()$])|'([^']*)'|([^\s()$']+))/y
const TAKES_NOTHING =
  /^(?:OBSOLETE|SINGLE-VALUE|COLLECTIVE|NO-USER-MODIFICATION|ABSTRACT|STRUCTURAL|AUXILIARY)$/i

/**
 * Reads e.g. `( 2.5.4.3 NAME ( 'cn' 'commonName' ) SUP name X-ORIGIN 'RFC 4519' )`. What vendors
 * write beside the grammar is taken as it comes: OIDs in quotes, words that no RFC knows.
 *
 * @throws {SyntaxError} Where parentheses or quotes do not match.
 */
export function parseDescription(text: string): Description {
  const tokens = tokensOf(text)
  let position = 0
  const error = () => new SyntaxError(`not a schema description: ${text}`)
  const next = (): Token => {
    const token = tokens[position++]
    if (token === undefined) throw error()
    return token
  }
  const list = (): string[] => {
    const values: string[] = []
    for (let token = next(); token.kind !== ')'; token = next()) {
      if (token.kind !== '$') values.push(token.text)
    }
    return values
  }
  if (next().kind !== '(') throw error()
  const oid = next().text
  const words = new Map<string, readonly string[]>()
  for (let word = next(); word.kind !== ')'; word = next()) {
    const following = tokens[position]?.kind
    const alone = TAKES_NOTHING.test(word.text) || following === ')'
    if (alone) words.set(word.text.toUpperCase(), [])
    else
      words.set(word.text.toUpperCase(), following === '(' ? (position++, list()) : [next().text])
  }
  return { oid, words }
}

interface Token {
  readonly kind: '(' | ')' | '$' | 'word'
  readonly text: string
}

function tokensOf(text: string): readonly Token[] {
  const tokens: Token[] = []
  TOKEN.lastIndex = 0
  for (let match = TOKEN.exec(text); match !== null; match = TOKEN.exec(text)) {
    const [, mark, quoted, plain] = match
    if (mark === '(' || mark === ')' || mark === '$') tokens.push({ kind: mark, text: mark })
    else tokens.push({ kind: 'word', text: quoted ?? plain ?? '' })
  }
  return tokens
}
