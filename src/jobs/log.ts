/** The part of a pino logger that the queue speaks to. Payloads and secrets never reach it. */
export type Log = {
  warn(context: object, message: string): void
  error(context: object, message: string): void
}
