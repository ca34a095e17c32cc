/** Where the optimizer reports what nobody asked for. A pino logger is one. */
export type Log = { warn(facts: object, message: string): void }
