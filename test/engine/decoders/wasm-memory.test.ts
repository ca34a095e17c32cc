import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { expect, it } from 'vitest'
import { withMemoryLimit } from '../../../src/engine/decoders/wasm-memory.ts'

declare const WebAssembly: {
  readonly Module: new (code: Uint8Array) => object
  readonly Instance: new (
    code: object,
    imports: object,
  ) => {
    readonly exports: { readonly memory: { grow(pages: number): number }; readonly grow: (pages: number) => number }
  }
}

/** (module (memory (export "memory") 1) (func (export "grow") (param i32) (result i32) local.get 0 memory.grow)) */
const GROWING = Uint8Array.from([
  ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
  ...[0x01, 0x06, 0x01, 0x60, 0x01, 0x7f, 0x01, 0x7f],
  ...[0x03, 0x02, 0x01, 0x00],
  ...[0x05, 0x03, 0x01, 0x00, 0x01],
  ...[0x07, 0x11, 0x02, 0x06, 0x6d, 0x65, 0x6d, 0x6f, 0x72, 0x79, 0x02, 0x00, 0x04, 0x67, 0x72, 0x6f, 0x77, 0x00, 0x00],
  ...[0x0a, 0x08, 0x01, 0x06, 0x00, 0x20, 0x00, 0x40, 0x00, 0x0b],
])
const REFUSED = -1
const instance = (code: Uint8Array) => new WebAssembly.Instance(new WebAssembly.Module(code), {}).exports

it('the code itself cannot take more memory than allowed', () => {
  expect(instance(GROWING).grow(1000)).toBe(1)
  const { grow, memory } = instance(withMemoryLimit(GROWING, 300 * 65_536 + 5))
  expect(grow(300)).toBe(REFUSED)
  expect(grow(299)).toBe(1)
  expect(grow(1)).toBe(REFUSED)
  expect(() => memory.grow(1)).toThrow(RangeError)
})

it('other code is refused', () => {
  const none = GROWING.filter((_, at) => at < 20 || at >= 25)
  expect(() => withMemoryLimit(none, 2 ** 27)).toThrow('no memory')
  expect(() => withMemoryLimit(GROWING.subarray(0, 22), 2 ** 27)).toThrow('ends')
  const large = GROWING.map((byte, at) => (at === 24 ? 100 : byte))
  expect(() => withMemoryLimit(large, 65_536)).toThrow('no memory')
})

it('the renderer of drawings is code of that kind', () => {
  const code = readFileSync(createRequire(import.meta.url).resolve('@resvg/resvg-wasm/index_bg.wasm'))
  expect(withMemoryLimit(code, 2 ** 27).length).toBeGreaterThan(code.length)
})
