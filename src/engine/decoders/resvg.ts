import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { compileFunction } from 'node:vm'
import { Fault } from '../../faults.ts'
import type { Size } from '../../plan/facts.ts'
import { STAND_INS } from '../text/families.ts'
import { type Codec, type Compiled, codecLoader, type Memory, MOST_MEMORY, WasmInstance } from './wasm.ts'
import { withMemoryLimit } from './wasm-memory.ts'

const PACKAGE = '@resvg/resvg-wasm'
const LEAST_MEMORY = 2 ** 27
/** The renderer itself, its fonts and caches. */
const CODEC_BYTES = 96 * 2 ** 20
/** What a byte of the document and a pixel of the picture may take: trees, and layers of the picture's size. */
const TIMES_DOCUMENT = 24
const TIMES_PIXEL = 24
/** A browser's font size where a document says none. */
const FONT_SIZE = 16

/**
 * Draws a document whose root says the sides: RGBA, premultiplied. Nothing is loaded: the code has no files, no network and no
 * clock, and runs no scripts. Fault image-corrupt for what cannot be drawn; too-large when it takes more memory, or elements,
 * than allowed.
 */
export async function drawSvg(
  text: string,
  fonts: readonly Uint8Array[],
  { width, height }: Size,
): Promise<Uint8Array> {
  const most = memoryFor(text.length, width * height)
  const { factory, code } = await loader(most)()
  const made: { memory?: Memory } = {}
  const { initWasm, Resvg } = factory((memory) => {
    made.memory = memory
  })
  try {
    await initWasm(code)
    const picture = new Resvg(text, { font: { ...FONTS, fontBuffers: fonts } }).render()
    if (picture.width !== width || picture.height !== height) throw new Error('the drawing has other sides')
    return picture.pixels
  } catch (error) {
    const reason = error instanceof Error ? error.message.slice(0, 200) : 'unknown'
    const context = { format: 'svg', reason }
    // The code asks for memory inside of itself: that it was refused shows in how much it holds.
    const large = (made.memory?.buffer.byteLength ?? 0) > most / 2 || /nodes limit/.test(reason)
    if (large) throw new Fault('too-large', 'the drawing needs more memory than allowed', { context, cause: error })
    throw new Fault('image-corrupt', 'the drawing cannot be rendered', { context, cause: error })
  }
}

const FONTS = {
  loadSystemFonts: false,
  defaultFontSize: FONT_SIZE,
  defaultFontFamily: STAND_INS[0],
} as const

/** The package's script and the compiled code with its memory bounded; few bounds, so that code is compiled seldom. */
function memoryFor(document: number, pixels: number): number {
  const wanted = CODEC_BYTES + TIMES_DOCUMENT * document + TIMES_PIXEL * pixels
  return Math.min(MOST_MEMORY, Math.max(LEAST_MEMORY, 2 ** Math.ceil(Math.log2(wanted))))
}

type Renderer = {
  initWasm(code: Compiled): Promise<void>
  readonly Resvg: new (
    text: string,
    options: object,
  ) => { render(): { readonly width: number; readonly height: number; readonly pixels: Uint8Array } }
}
type Factory = (seen: (memory: Memory) => void) => Renderer

const loaders = new Map<number, () => Promise<Codec<Factory>>>()

function loader(memory: number): () => Promise<Codec<Factory>> {
  const known = loaders.get(memory)
  if (known) return known
  const made = codecLoader<Factory>({
    format: 'svg',
    package: PACKAGE,
    wasm: `${PACKAGE}/index_bg.wasm`,
    prepare: (code) => withMemoryLimit(code, memory),
    factory: loadScript,
  })
  loaders.set(memory, made)
  return made
}

/** The package's script holds one instance for good, so it is run anew for each document. */
async function loadScript(): Promise<Factory> {
  const file = createRequire(import.meta.url).resolve(PACKAGE)
  const script = compileFunction(await readFile(file, 'utf8'), ['module', 'WebAssembly'], { filename: file })
  return (seen) => {
    const module = { exports: {} }
    script(module, {
      Instance: WasmInstance,
      async instantiate(code: Compiled, imports: object) {
        const instance = new WasmInstance(code, imports)
        const { memory } = instance.exports
        // Made by the language itself from the code's own export.
        seen(memory as Memory)
        return instance
      },
    })
    // The script has types of its own; what is used of it stands in `Renderer`, and the tests of the decoder prove it.
    return module.exports as Renderer
  }
}
