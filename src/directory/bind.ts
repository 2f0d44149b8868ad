import { BindRequest, ProtocolOperation } from 'ldapts'

import type { Request } from './encode.ts'
import type { BindOptions } from './options.ts'

type Methods = {
  readonly [Kind in BindOptions['kind']]: (bind: Extract<BindOptions, { kind: Kind }>) => {
    readonly dn?: string
    readonly password?: string
    readonly mechanism?: string
  }
}

/** The ways to bind (RFC 4511 §4.2), each as what its request holds. */
const METHODS: Methods = {
  simple: ({ dn, password }) => ({ dn, password }),
  /** RFC 4422 appendix A: whoever the client certificate says. */
  external: () => ({ mechanism: 'EXTERNAL' }),
}

export function encodeBind(bind: BindOptions): Request {
  const method: (bind: never) => ReturnType<Methods[keyof Methods]> = METHODS[bind.kind]
  // The method was looked up by the kind of the very options that it gets.
  const content = method(bind as never)
  return {
    operation: 'bind',
    response: ProtocolOperation.LDAP_RES_BIND,
    message: (messageId) => new BindRequest({ messageId, ...content }),
  }
}
