/** Where lines for the operator go; pino's shape. Objects carry names, codes and DNs, never values. */
export interface Log {
  info(object: object, message: string): void
  warn(object: object, message: string): void
  error(object: object, message: string): void
}

/** For callers that have nothing to listen with. */
export const SILENT: Log = { info() {}, warn() {}, error() {} }
