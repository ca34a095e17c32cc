import { Fault } from '../faults.ts'

/** JSON of a value, `null` for what JSON has no word for. Fault too-large when it is longer than `bytes`. */
export function toJson(value: unknown, bytes: number, what: string): string {
  const text = JSON.stringify(value ?? null) ?? 'null'
  if (Buffer.byteLength(text) > bytes) throw new Fault('too-large', `${what} is too large`, { context: { bytes } })
  return text
}
