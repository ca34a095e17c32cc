import type { Colour, Drawing } from '../../plan/plan.ts'
import type { Raw } from '../raw.ts'
import { arc, perspective } from './bend.ts'
import { type Cover, showThrough } from './cover.ts'
import { tornEdges, vignette } from './edges.ts'
import { pixelate } from './mosaic.ts'
import { displace, shadow, unsharp } from './neighbourhood.ts'
import { oilPaint } from './oil-paint.ts'
import { shade } from './shade.ts'
import { colorize, replaceColour, sepia, twoLevel } from './tint.ts'

/** One drawing with everything it needs beside the picture made ready: blurred copies, measured colours. */
export type Brush =
  | Extract<
      Drawing<number>,
      {
        readonly name:
          | 'gradient'
          | 'colorize'
          | 'perspective'
          | 'arc'
          | 'sepia'
          | 'two-level'
          | 'pixelate'
          | 'oil-paint'
          | 'vignette'
          | 'torn-edges'
      }
    >
  | { readonly name: 'replace-colour'; readonly from: Colour; readonly to: Colour; readonly tolerance: number }
  | { readonly name: 'unsharp'; readonly blurred: Raw; readonly amount: number; readonly threshold: number }
  | {
      readonly name: 'shadow'
      readonly shape: { readonly raw: Raw; readonly margin: number }
      readonly moved: { readonly right: number; readonly below: number }
      readonly colour: Colour
      readonly strength: number
    }
  | {
      readonly name: 'areas'
      /** Their covers do not meet. */
      readonly parts: readonly {
        readonly cover: Cover
        readonly effect:
          | { readonly name: 'pixelate'; readonly size: number }
          | { readonly name: 'veil'; readonly veil: Cover }
      }[]
    }
  | {
      readonly name: 'displace'
      readonly map: { readonly raw: Raw; readonly left: number; readonly top: number }
      readonly x: number
      readonly y: number
    }

/** Draws on an RGBA picture, which may be changed in place. Without `alpha` the result has three channels. */
export function draw(picture: Raw, brush: Brush, alpha: boolean): Raw {
  const drawn = apply(picture, brush)
  return alpha ? drawn : withoutAlpha(drawn)
}

function apply(picture: Raw, brush: Brush): Raw {
  switch (brush.name) {
    case 'perspective':
      return perspective(picture, brush.corners)
    case 'arc':
      return arc(picture, brush.degrees)
    case 'displace':
      return displace(picture, brush.map, brush.x, brush.y)
    case 'gradient':
      shade(picture, brush)
      return picture
    case 'colorize':
      colorize(picture, brush.colour, brush.intensity)
      return picture
    case 'replace-colour':
      replaceColour(picture, brush.from, brush.to, brush.tolerance)
      return picture
    case 'unsharp':
      unsharp(picture, brush.blurred, brush.amount, brush.threshold)
      return picture
    case 'shadow':
      shadow(picture, brush.shape, brush.moved, brush)
      return picture
    case 'sepia':
      sepia(picture, brush.strength)
      return picture
    case 'two-level':
      twoLevel(picture, brush.threshold)
      return picture
    case 'pixelate':
      pixelate(picture, brush.size)
      return picture
    case 'oil-paint':
      return oilPaint(picture, brush.radius)
    case 'areas':
      for (const { cover, effect } of brush.parts) {
        if (effect.name === 'pixelate') pixelate(picture, effect.size, cover)
        else showThrough(picture, effect.veil, cover)
      }
      return picture
    case 'vignette':
      vignette(picture, brush.strength, brush.falloff)
      return picture
    case 'torn-edges':
      tornEdges(picture, brush.least, brush.most)
      return picture
  }
}

function withoutAlpha({ data, width, height }: Raw): Raw {
  const pixels = width * height
  const out = new Uint8Array(3 * pixels)
  for (let i = 0; i < pixels; i++) {
    out[3 * i] = data[4 * i] ?? 0
    out[3 * i + 1] = data[4 * i + 1] ?? 0
    out[3 * i + 2] = data[4 * i + 2] ?? 0
  }
  return { data: out, width, height, channels: 3 }
}
