import type { Delivery } from '../../delivery/delivery.ts'
import type { Plan, SourceRef, Step } from '../../plan/plan.ts'
import type { Operation } from './grammar.ts'
import { askOf, chooseFormat, offerOf, PROFILED, qualityAt, type Senses } from './negotiation.ts'
import type { Parameters, Size } from './parameters.ts'

/** Largest source file, bytes (pixboost §15). The server's own limit counts when it is smaller. */
export const SOURCE_BYTES = 50 * 1024 * 1024

/** The delivery that a picture request means. Pure. */
export function compileDelivery(
  project: string,
  operation: Operation,
  source: { readonly ref: SourceRef; readonly web: boolean },
  parameters: Parameters,
  senses: Pick<Senses, 'avif' | 'webp' | 'jxl' | 'gzip'>,
): Delivery {
  const asis = operation === 'asis'
  // Buckets and folders answer everybody alike: their bytes are cached once (pixboost §4).
  const ref: SourceRef = asis && source.web ? { ...source.ref, ask: askOf(senses) } : source.ref
  return {
    project,
    sources: [ref],
    plan: asis ? UNTOUCHED : compilePlan(operation, parameters),
    offer: asis ? [] : offerOf(senses),
    limits: { sourceBytes: SOURCE_BYTES },
    caching: 'use',
    seesPrivate: false,
  }
}

const UNTOUCHED: Plan = { frame: { kind: 'all' }, steps: [], output: { kind: 'untouched' } }

/** optimise, resize and fit as a Plan: geometry of pixboost §6, format of §7, compression of §8, encoding of §10. */
export function compilePlan(operation: Exclude<Operation, 'asis'>, { size, trim, level }: Parameters): Plan {
  return {
    frame: { kind: 'all' },
    steps: [
      // On the stored pixels, before orientation and scaling.
      ...(trim ? [{ kind: 'trim', rule: { kind: 'exact' } } as const] : []),
      { kind: 'orient' },
      ...(size === undefined ? [] : [placed(operation, size)]),
    ],
    output: {
      kind: 'encode',
      choose: chooseFormat(operation, size),
      quality: qualityAt(level),
      lossless: 'illustration',
      progressive: false,
      chroma: '4:2:0',
      palette: false,
      metadata: { profile: { kind: 'keep', formats: PROFILED }, exif: false, xmp: false },
      // Only optimise promises never to enlarge the file (pixboost §4).
      ifLarger: operation === 'optimise' ? 'source' : 'keep',
      vector: 'untouched',
    },
  }
}

function placed(operation: Operation, size: Size): Step {
  return {
    kind: 'place',
    box: size,
    mode: operation === 'fit' ? 'cover' : 'inside',
    enlarge: true,
    focus: { kind: 'anchor', x: 0.5, y: 0.5 },
  }
}
