import type { Facts, Limits, Size } from '../../src/plan/facts.ts'
import type { Box, Expression, Focus, Output, Place, Plan, Step } from '../../src/plan/plan.ts'
import type { Resolution } from '../../src/plan/resolved.ts'

/** Facts of an ordinary opaque JPEG, changed where a test says so. */
export function facts(changes: Partial<Facts> = {}): Facts {
  return {
    format: 'jpeg',
    width: 800,
    height: 600,
    frames: 1,
    orientation: 1,
    alpha: false,
    depth: 8,
    space: 'rgb',
    profile: false,
    bytes: 100_000,
    quality: 92,
    ...changes,
  }
}

export const LIMITS: Limits = { inputPixels: 100_000_000, outputPixels: 100_000_000, frames: 500 }

export const CENTRE: Focus<number> = { kind: 'anchor', x: 0.5, y: 0.5 }

export function placing(mode: Place['mode'], box: Box<Expression>, changes: Partial<Place> = {}): Place {
  return { kind: 'place', box, mode, enlarge: true, focus: CENTRE, ...changes }
}

/** "640x480" → sides. */
export function sides(text: string): Size {
  const [width = 0, height = 0] = text.split('x').map(Number)
  return { width, height }
}

export function asText({ width, height }: Size): string {
  return `${width}x${height}`
}

/** The output that Pixboost asks for (pixboost §7, §8): no format or quality can be chosen by the caller. */
export function pixboostOutput(area: Expression, less = 0): Output {
  return {
    kind: 'encode',
    choose: {
      kind: 'negotiated',
      candidates: [
        {
          format: 'avif',
          unless: [
            { kind: 'source-format', formats: ['gif'] },
            { kind: 'illustration' },
            { kind: 'area', area, atLeast: 4_000_000 },
            { kind: 'area-zero', area },
          ],
        },
        { format: 'webp', unless: [{ kind: 'source-side', atLeast: 16_383 }] },
      ],
      otherwise: { kind: 'as-source', substitute: 'png' },
    },
    quality: {
      kind: 'by-source',
      less,
      tables: {
        avif: {
          unknown: 70,
          rows: [
            { above: 85, quality: 70 },
            { above: 75, quality: 60 },
            { above: 0, quality: 50 },
          ],
        },
        webp: {
          unknown: 75,
          rows: [
            { above: 99, quality: 82 },
            { above: 0, quality: 'source' },
          ],
        },
        jpeg: {
          unknown: 75,
          rows: [
            { above: 99, quality: 82 },
            { above: 0, quality: 'source' },
          ],
        },
      },
    },
    lossless: 'illustration',
    progressive: false,
    chroma: '4:2:0',
    palette: false,
    metadata: { profile: { kind: 'keep', formats: ['jpeg', 'webp', 'avif'] }, exif: false, xmp: false },
    ifLarger: 'keep',
    vector: 'untouched',
  }
}

/** The stored area, as for `optimise`. */
export const STORED_AREA: Expression = { op: 'mul', left: { get: 'width' }, right: { get: 'height' } }

export function plan(steps: readonly Step[], output: Output = pixboostOutput(STORED_AREA)): Plan {
  return { frame: { kind: 'all' }, steps, output }
}

/** The one step a resolution must consist of. */
export function only(resolution: Resolution) {
  const [step, ...more] = resolution.steps
  if (!step || more.length > 0) throw new Error(`expected one step, got ${resolution.steps.length}`)
  return step
}
