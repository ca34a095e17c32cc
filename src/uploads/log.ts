/** Where uploads report what nobody is told. A pino logger is one. */
export type Log = { warn(facts: object, message: string): void }
