import sharp, { type OverlayOptions, type Sharp } from 'sharp'
import { Fault } from '../faults.ts'
import type { Facts, Size } from '../plan/facts.ts'
import { type Frames, isSteady, joinFrames, splitFrames, splitPass } from './animation.ts'
import { alphaAfter, greyAfter, type ProfileUse } from './colour.ts'
import { assertFits, type Encoding, encodeWith } from './encode.ts'
import { COLOURS_BUT_ONE, clearsToColour, clearToNothing } from './gif-clearing.ts'
import { leavingFrames, leavingSize } from './lower.ts'
import { animate } from './operations/animate.ts'
import { displaceBy, drawOn, type Easel } from './operations/draw.ts'
import { fade } from './operations/fade.ts'
import { greyRgba } from './operations/greyscale.ts'
import { type LaidLayer, layerOverlay } from './operations/layer.ts'
import { mask } from './operations/mask.ts'
import { toRgb, toRgba } from './operations/rgba.ts'
import { applySlots } from './operations/slots.ts'
import { surround } from './operations/surround.ts'
import { tilt } from './operations/tilt.ts'
import type { Overlay, Pass, Stage } from './passes.ts'
import { sharpFault } from './sharp-fault.ts'

/** What a pass starts from: encoded bytes (`count` frames from `page`, 0-based), or pixels of an earlier pass. */
export type Input =
  | {
      readonly kind: 'file'
      readonly bytes: Uint8Array
      readonly facts: Facts
      readonly page: number
      readonly count: number
    }
  | { readonly kind: 'frames'; readonly frames: Frames }

export type Bench = {
  /** Pixels that one decoder may give, all frames together. */
  readonly inputPixels: number
  /** What becomes of a profile in the source; without effect once pixels travel. */
  readonly profile: ProfileUse
  /** A layer's own picture, ready to be laid; asked for once per pass, or for its only `use`. */
  readonly layer: (step: Extract<Overlay, { readonly kind: 'layer' }>, use?: 'once') => Promise<LaidLayer>
  /** Arithmetic on pixels, in a worker thread. */
  readonly easel: Easel
}

export type Encoded = { readonly bytes: Buffer; readonly size: Size; readonly frames: number }
type FileInput = Extract<Input, { readonly kind: 'file' }>

/** What is kept beside the pixels. `from` is the source as it came: pixels of an earlier pass carry nothing. */
export type Metadata = { readonly exif: boolean; readonly xmp: boolean; readonly from: Input }

/** Sides of one frame. */
export function inputSize(input: Input): Size {
  const { width, height } = input.kind === 'file' ? input.facts : input.frames
  return { width, height }
}

export function inputFrames(input: Input): number {
  return input.kind === 'file' ? input.count : input.frames.frames
}

export function inputAlpha(input: Input): boolean {
  return input.kind === 'file' ? input.facts.alpha : input.frames.channels === 2 || input.frames.channels === 4
}

export function inputGrey(input: Input): boolean {
  return input.kind === 'file' ? input.facts.space === 'grey' : input.frames.channels < 3
}

/**
 * Runs the stages and gives the pixels: grey pictures without alpha in one channel, others in three or four.
 * With `movable` their memory can be handed to another thread.
 */
export async function runToFrames(
  input: Input,
  stages: readonly Stage[],
  bench: Bench,
  movable = false,
): Promise<Frames> {
  const [first, ...rest] = stages
  let frames = await runStage(input, first ?? idle(input), bench, movable && rest.length === 0)
  for (const [at, stage] of rest.entries()) {
    frames = await runStage({ kind: 'frames', frames }, stage, bench, movable && at === rest.length - 1)
  }
  return frames
}

/** Runs the stages and encodes; the last pass and the encoder are one pipeline whenever they can be. */
export async function runToFile(
  input: Input,
  stages: readonly Stage[],
  encoding: Encoding,
  metadata: Metadata,
  bench: Bench,
): Promise<Encoded> {
  const count = leavingFrames(stages, inputFrames(input))
  const size = leavingSize(stages, inputSize(input))
  assertFits(encoding.format, size)
  const grey = greyAfter(stages, inputGrey(input))
  const { from } = metadata
  const wanted = metadata.exif || metadata.xmp
  const carries = wanted && from.kind === 'file' && from.facts.annotated !== false && count === 1
  const { picture, reading } = carries
    ? await onCarrier(from, await runToFrames(input, stages, valuesAsStored(bench)), metadata, bench)
    : await lastPass(input, stages, bench)
  picture.toColourspace(grey ? 'b-w' : 'srgb')
  try {
    // Copied: what libvips hands out lies among its working memory, and a small result that is kept in a cache would keep
    // the allocator from giving back or reusing what lies around it.
    const bytes = Buffer.from(await encodeWith(picture, size, encoding).toBuffer())
    if (encoding.format !== 'gif' || count === 1 || !clearsToColour(bytes)) return { bytes, size, frames: count }
    const again = Buffer.from(await encodeWith(picture, size, { ...encoding, colours: COLOURS_BUT_ONE }).toBuffer())
    clearToNothing(again)
    return { bytes: again, size, frames: count }
  } catch (error) {
    throw sharpFault(error, reading)
  }
}

/** A pipeline that only wants its encoder, and what it reads while it runs. */
type Ending = { readonly picture: Sharp; readonly reading: Input['kind'] }

async function lastPass(input: Input, stages: readonly Stage[], bench: Bench): Promise<Ending> {
  const last = stages.at(-1)
  const frames = leavingFrames(stages, inputFrames(input))
  const tail = last?.kind === 'pass' && (frames === 1 || isSteady(last)) ? last : undefined
  const head = tail ? stages.slice(0, -1) : stages
  const from: Input = head.length === 0 ? input : { kind: 'frames', frames: await runToFrames(input, head, bench) }
  const picture = await assemble(from, tail ?? idle(from), bench)
  if (from.kind === 'file' && bench.profile === 'keep') picture.keepIccProfile()
  return { picture, reading: from.kind }
}

/**
 * The finished pixels laid on the source they came from, which is opened again for what it carries beside its pixels. sharp
 * takes EXIF from a file only, and forgets its orientation only when it turns the picture itself.
 */
async function onCarrier(from: FileInput, frames: Frames, { exif, xmp }: Metadata, bench: Bench): Promise<Ending> {
  const { width, height } = frames
  const alpha = frames.channels === 4
  const { data } = await toRgba(frames)
  const carrier = open(from, bench).autoOrient().resize({ width, height, fit: 'fill', kernel: 'nearest' })
  carrier.composite([{ input: Buffer.from(data), raw: { width, height, channels: 4 }, blend: 'source' }])
  if (!alpha) carrier.removeAlpha()
  if (exif) carrier.keepExif()
  if (xmp) carrier.keepXmp()
  if (bench.profile === 'keep') carrier.keepIccProfile()
  return { picture: carrier, reading: from.kind }
}

/** Pixels whose profile is put back later must not be converted by it. */
function valuesAsStored(bench: Bench): Bench {
  return bench.profile === 'keep' ? { ...bench, profile: 'discard' } : bench
}

/**
 * The pipeline of one pass, up to the encoder. Shrink-on-load stays possible when the pass has no `window`: sharp then reads
 * a JPEG at a half, a quarter or an eighth, a WebP at any size.
 */
export async function assemble(input: Input, pass: Pass, bench: Bench): Promise<Sharp> {
  const overlays: OverlayOptions[] = []
  for (const overlay of pass.overlays ?? []) overlays.push(await overlayOf(overlay, pass.leaving, bench))
  const { from, rest } = await readyForColour(input, pass, bench)
  const picture = open(from, bench)
  applySlots(picture, rest, overlays)
  // Compositing adds an alpha channel; without holes in the picture it would only cost bytes.
  if (overlays.length > 0 && !alphaAfter([pass], inputAlpha(input))) picture.removeAlpha()
  return picture
}

/**
 * In a picture of one channel sharp would lay colours in their grey. A pass that colours a grey picture is split: its
 * geometry runs on one channel, what is left on three.
 */
async function readyForColour(input: Input, pass: Pass, bench: Bench): Promise<{ from: Input; rest: Pass }> {
  if (!inputGrey(input) || greyAfter([pass], true)) return { from: input, rest: pass }
  const { window, resize, turn, crop, ...rest } = pass
  const geometry = {
    ...(window && { window }),
    ...(resize && { resize }),
    ...(turn && { turn }),
    ...(crop && { crop }),
  }
  const size = sizeBeforeMargins(pass)
  const grey = await runStage(input, { kind: 'pass', entering: pass.entering, ...geometry, leaving: size }, bench)
  const frames = grey.channels === 1 ? await toRgb(grey) : grey
  return { from: { kind: 'frames', frames }, rest: { ...rest, entering: size } }
}

function sizeBeforeMargins({ leaving, extend }: Pass): Size {
  if (!extend) return leaving
  const { left, right, top, bottom } = extend
  return { width: leaving.width - left - right, height: leaving.height - top - bottom }
}

function open(input: Input, bench: Bench): Sharp {
  if (input.kind === 'frames') {
    const { data, width, height, channels, frames } = input.frames
    if (channels !== 1 && channels !== 2 && channels !== 3 && channels !== 4) throw new Fault('unsupported')
    const raw = { width, height: height * frames, channels, ...(frames > 1 && { pageHeight: height }) } as const
    return sharp(data, { raw, animated: frames > 1, limitInputPixels: false })
  }
  const { bytes, facts, page, count } = input
  const paged = facts.frames > 1 ? { page, pages: count } : {}
  const picture = sharp(bytes, {
    failOn: 'warning',
    limitInputPixels: bench.inputPixels,
    ignoreIcc: bench.profile === 'discard',
    ...paged,
  })
  // sharp works on deep pictures in Display P3 once they have a profile, and leaves them there unless told otherwise.
  if (bench.profile === 'convert' && facts.profile && facts.depth > 8 && facts.space === 'rgb') {
    picture.withIccProfile('srgb', { attach: false })
  }
  return picture
}

async function runStage(input: Input, stage: Stage, bench: Bench, movable = false): Promise<Frames> {
  if (stage.kind === 'animate') {
    const further = stage.frames.map((frame) => () => bench.layer(frame, 'once'))
    return animate(await pixels(input, bench), further)
  }
  if (inputFrames(input) > 1 && !isSteady(stage)) {
    const strip = input.kind === 'frames' ? input.frames : await runStage(input, idle(input), bench)
    const [apart, together] = stage.kind === 'pass' ? splitPass(stage) : [stage]
    const done: Frames[] = []
    for (const frames of splitFrames(strip)) done.push(await runStage({ kind: 'frames', frames }, apart, bench))
    const frames = joinFrames(done)
    return together ? runStage({ kind: 'frames', frames }, together, bench) : frames
  }
  switch (stage.kind) {
    case 'pass': {
      const alpha = alphaAfter([stage], inputAlpha(input))
      const grey = greyAfter([stage], inputGrey(input))
      // Of grey pixels with alpha sharp would give out the grey only.
      if (stage.greyscale && alpha) return greyWithAlpha(input, stage, bench)
      const picture = await assemble(input, stage, bench)
      return toFrames(picture.toColourspace(grey && !alpha ? 'b-w' : 'srgb'), stage.leaving, input, movable)
    }
    case 'vanish':
      return { data: new Uint8Array(4), width: 1, height: 1, channels: 4, frames: 1 }
    case 'tilt':
      return tilt(await pixels(input, bench), stage)
    case 'surround':
      return surround(await pixels(input, bench), stage)
    case 'draw': {
      const alpha = alphaAfter([stage], inputAlpha(input))
      return drawOn(await pixels(input, bench), stage.drawing, alpha, bench.easel)
    }
    case 'displace':
      return displaceBy(await pixels(input, bench), await bench.layer(stage.map), stage, bench.easel)
  }
}

async function greyWithAlpha(input: Input, pass: Pass, bench: Bench): Promise<Frames> {
  const { greyscale: _, negate, ...before } = pass
  const frames = await greyRgba(await runStage(input, before, bench))
  const { leaving } = pass
  return negate
    ? runStage({ kind: 'frames', frames }, { kind: 'pass', entering: leaving, negate, leaving }, bench)
    : frames
}

function pixels(input: Input, bench: Bench): Promise<Frames> | Frames {
  return input.kind === 'frames' ? input.frames : runStage(input, idle(input), bench)
}

/** sharp's own word for the size of raw pixels is that before an extension when it has cut before (0.35). */
async function toFrames(picture: Sharp, { width, height }: Size, input: Input, movable: boolean): Promise<Frames> {
  try {
    const raw = picture.raw()
    const { data, info } = movable ? await raw.toUint8Array() : await raw.toBuffer({ resolveWithObject: true })
    const frames = inputFrames(input)
    return { data, width, height, channels: info.channels, frames }
  } catch (error) {
    throw sharpFault(error, input.kind)
  }
}

async function overlayOf(overlay: Overlay, size: Size, bench: Bench): Promise<OverlayOptions> {
  switch (overlay.kind) {
    case 'layer':
      return layerOverlay(await bench.layer(overlay), overlay.blend)
    case 'mask':
      return mask(overlay.radius, overlay.softness, size)
    case 'fade':
      return fade(overlay.factor, size)
  }
}

function idle(input: Input): Pass {
  const size = inputSize(input)
  return { kind: 'pass', entering: size, leaving: size }
}
