import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { Fault, isFault } from '../../faults.ts'
import type { SourceFormat } from '../../plan/plan.ts'
import { optionalPackage } from './optional-package.ts'
import { WASM_PAGE } from './wasm-memory.ts'

/** What one codec may take, however large its picture: a thread more must not bring the machine down. */
export const MOST_MEMORY = 2 ** 30

/** The part of the language's WebAssembly interface that is used here: TypeScript has it among the browser's types only. */
declare const WebAssembly: {
  compile(code: Uint8Array): Promise<Compiled>
  readonly Instance: new (code: Compiled, imports: object) => Instance
  readonly Memory: new (size: { readonly initial: number }) => Memory
}
export type Compiled = { readonly compiled: unique symbol }
type Instance = { readonly exports: Readonly<Record<string, unknown>> }
export type Memory = { readonly buffer: ArrayBuffer; grow(pages: number): number }

/** The language's own class. */
export const WasmInstance = WebAssembly.Instance

/** A codec compiled to WebAssembly: the script around it (such as Emscripten's module factory) and the compiled code. */
export type Codec<F> = { readonly factory: F; readonly code: Compiled }

export type CodecSource = {
  readonly format: SourceFormat
  readonly package: string
  /** The package's `.wasm`, as a module specifier. */
  readonly wasm: string
  /** Changes the code before it is compiled. */
  prepare?(code: Uint8Array): Uint8Array
  /** Loads the script around it and gives its factory. */
  factory(): Promise<unknown>
}

/**
 * Loads a codec from an installed package, once a thread: code is immutable, state is made anew for each file. Nothing is
 * fetched. Fault unsupported when the package is missing.
 */
export function codecLoader<F>(source: CodecSource): () => Promise<Codec<F>> {
  let loaded: Promise<Codec<F>> | undefined
  return () => {
    loaded ??= optionalPackage(source.format, source.package, async () => {
      const binary = await readFile(createRequire(import.meta.url).resolve(source.wasm))
      // Such scripts have no useful types: F says what is used of one, and the tests of its decoder prove it.
      const factory = (await source.factory()) as F
      return { factory, code: await WebAssembly.compile(source.prepare?.(binary) ?? binary) }
    })
    loaded.catch(() => {
      loaded = undefined
    })
    return loaded
  }
}

/** What Emscripten's factories take: how the code becomes an instance, and where its chatter goes. */
export type FactoryOptions = {
  instantiateWasm(imports: object, done: (instance: Instance) => void): Instance['exports']
  print(text: string): void
  printErr(text: string): void
}

/**
 * Runs a codec in a fresh instance that is thrown away afterwards: nothing of one file is left for the next, whatever it did
 * to the codec's memory. The memory stops growing at `memory` bytes, and at 1 GiB in any case. Faults pass; anything else the codec throws is a Fault
 * too-large when it asked for more memory than allowed, else image-corrupt.
 */
export async function inSandbox<F, R>(
  format: SourceFormat,
  { factory, code }: Codec<F>,
  memory: number,
  work: (factory: F, options: FactoryOptions) => Promise<R>,
): Promise<R> {
  let refused = false
  const options: FactoryOptions = {
    instantiateWasm(imports, done) {
      const instance = new WebAssembly.Instance(code, imports)
      for (const value of Object.values(instance.exports)) {
        if (value instanceof WebAssembly.Memory) {
          bound(value, Math.min(memory, MOST_MEMORY), () => {
            refused = true
          })
        }
      }
      done(instance)
      return instance.exports
    },
    print: () => undefined,
    printErr: () => undefined,
  }
  try {
    return await work(factory, options)
  } catch (error) {
    if (refused)
      throw new Fault('too-large', 'the picture needs more memory than allowed', { context: { format, memory } })
    if (isFault(error)) throw error
    throw new Fault('image-corrupt', undefined, { context: { format }, cause: error })
  }
}

/** Emscripten's `malloc` grows the memory through this method only. */
function bound(memory: Memory, most: number, refuse: () => void): void {
  const grow = memory.grow.bind(memory)
  Object.defineProperty(memory, 'grow', {
    value(pages: number): number {
      if (memory.buffer.byteLength + pages * WASM_PAGE <= most) return grow(pages)
      refuse()
      throw new RangeError('the memory of the codec is bounded')
    },
  })
}
