/** An engine and plans for tests: what is not said is as a dialect would ask for it most often. */
import { afterAll } from 'vitest'
import { createEngine } from '../../src/engine/create-engine.ts'
import type { Engine, EngineOptions, Rendered } from '../../src/engine/engine.ts'
import type { Offer } from '../../src/plan/facts.ts'
import type { Effect, Output, OutputFormat, Place, Plan, Step } from '../../src/plan/plan.ts'
import { decode, type Pixels } from '../support/pictures.ts'

type EncodeOutput = Extract<Output, { readonly kind: 'encode' }>
export type Request = {
  readonly steps?: readonly Step[]
  readonly frame?: Plan['frame']
  readonly output?: Partial<EncodeOutput>
  readonly offer?: Offer
}
export type Shown = Rendered & { readonly pixels: Pixels }

export const ORIENT: Step = { kind: 'orient' }
export const EXACT_TRIM: Step = { kind: 'trim', rule: { kind: 'exact' } }

export function place(mode: Place['mode'], width?: number, height?: number, more: Partial<Place> = {}): Step {
  const box = { ...(width !== undefined && { width }), ...(height !== undefined && { height }) }
  return { kind: 'place', box, mode, enlarge: true, focus: { kind: 'anchor', x: 0.5, y: 0.5 }, ...more }
}

export const effect = (one: Effect['effect']): Step => ({ kind: 'effect', effect: one })

/** Profile kept except in PNG, all other metadata dropped, as pixboost §10 says. */
export const KEEP: EncodeOutput['metadata'] = {
  profile: { kind: 'keep', formats: ['jpeg', 'webp', 'avif', 'gif'] },
  exif: false,
  xmp: false,
}

export function planOf({ steps = [], frame = { kind: 'all' }, output = {} }: Request): Plan {
  return {
    frame,
    steps,
    output: {
      kind: 'encode',
      choose: { kind: 'as-source', substitute: 'png' },
      quality: { kind: 'fixed', value: 90 },
      lossless: false,
      progressive: false,
      chroma: '4:2:0',
      palette: false,
      metadata: KEEP,
      ifLarger: 'keep',
      vector: 'untouched',
      ...output,
    },
  }
}

export const fixed = (format: OutputFormat, more: Partial<EncodeOutput> = {}): Partial<EncodeOutput> => ({
  choose: { kind: 'fixed', format },
  ...more,
})

/** Starts an engine for one test file. */
export function startEngine(options: Partial<EngineOptions> = {}) {
  const engine: Engine = createEngine({
    limits: { inputPixels: 20_000_000, outputPixels: 20_000_000, frames: 50 },
    slots: 2,
    open: () => Promise.reject(new Error('nothing to open')),
    ...options,
  })
  afterAll(() => engine.close())

  /** Probe, measure, render: what delivery does. */
  async function render(bytes: Buffer, request: Request = {}): Promise<Rendered | 'untouched'> {
    const { offer = [] } = request
    const plan = planOf(request)
    const facts = await engine.measure(plan, await engine.probe(bytes), bytes, offer)
    return engine.render({ project: 'demo', plan, bytes, facts, offer })
  }

  /** The result decoded: 8-bit sRGB as the eye sees it, of an animation the first frame. */
  async function show(bytes: Buffer, request: Request = {}): Promise<Shown> {
    const rendered = await render(bytes, request)
    if (rendered === 'untouched') throw new Error('the source was handed on untouched')
    return { ...rendered, pixels: await decode(rendered.bytes) }
  }

  return { engine, render, show }
}
