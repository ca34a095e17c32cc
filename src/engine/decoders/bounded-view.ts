import { Fault } from '../../faults.ts'
import type { SourceFormat } from '../../plan/plan.ts'

/** Big-endian numbers of a file; reading beyond its end is Fault image-corrupt, never a RangeError. */
export class BoundedView {
  readonly bytes: Uint8Array
  readonly #view: DataView
  readonly #format: SourceFormat
  #at: number
  readonly end: number

  constructor(bytes: Uint8Array, format: SourceFormat, start = 0, end = bytes.length) {
    this.bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
    this.#format = format
    this.#at = start
    this.end = end
    if (start < 0 || end > bytes.length || start > end) throw this.corrupt()
  }

  get at(): number {
    return this.#at
  }

  get left(): number {
    return this.end - this.#at
  }

  u8(): number {
    return this.#view.getUint8(this.#take(1))
  }

  u16(): number {
    return this.#view.getUint16(this.#take(2))
  }

  i16(): number {
    return this.#view.getInt16(this.#take(2))
  }

  u32(): number {
    return this.#view.getUint32(this.#take(4))
  }

  i32(): number {
    return this.#view.getInt32(this.#take(4))
  }

  /** 64 bits; sizes beyond 2⁵³ are beyond every file too. */
  u64(): number {
    return this.u32() * 2 ** 32 + this.u32()
  }

  /** Latin-1. */
  text(length: number): string {
    const at = this.#take(length)
    return String.fromCharCode(...this.bytes.subarray(at, at + length))
  }

  slice(length: number): Uint8Array {
    const at = this.#take(length)
    return this.bytes.subarray(at, at + length)
  }

  skip(length: number): void {
    this.#take(length)
  }

  /** The next `length` bytes as a view of their own; this one goes on behind them. */
  part(length: number): BoundedView {
    const at = this.#take(length)
    return new BoundedView(this.bytes, this.#format, at, at + length)
  }

  corrupt(message = 'the file is damaged or cut off'): Fault {
    return new Fault('image-corrupt', message, { context: { format: this.#format } })
  }

  #take(length: number): number {
    const at = this.#at
    if (length < 0 || length > this.end - at) throw this.corrupt()
    this.#at = at + length
    return at
  }
}
