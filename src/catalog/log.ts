/** The part of a pino logger that the catalog speaks to. */
export type Log = {
  info(context: object, message: string): void
  warn(context: object, message: string): void
  error(context: object, message: string): void
}

/** For callers that want no log. */
export const SILENT: Log = { info: () => {}, warn: () => {}, error: () => {} }
