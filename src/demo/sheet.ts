import type { RawPicture } from './canvas.ts'

/** A drawing of flat colours with smooth edges; four values 0…1 per pixel, alpha not multiplied in. */
export type Sheet = { readonly width: number; readonly height: number; readonly values: Float32Array }
/** Distance of a point to the edge of a shape in pixels, negative inside. */
export type Shape = (x: number, y: number) => number
export type Box = { readonly left: number; readonly top: number; readonly right: number; readonly bottom: number }
/** A shape together with the only part of the sheet that it can touch. */
export type Figure = Box & { readonly shape: Shape }

/** A transparent sheet. */
export function sheet(width: number, height: number): Sheet {
  return { width, height, values: new Float32Array(width * height * 4) }
}

/** The same drawing once more, to draw on. */
export function copy({ width, height, values }: Sheet): Sheet {
  return { width, height, values: values.slice() }
}

/** Fills a figure with `#rrggbb`, over what is there. */
export function fill(target: Sheet, figure: Figure, colour: string, opacity = 1): void {
  const { width, height, values } = target
  const part = (at: number) => Number.parseInt(colour.slice(at, at + 2), 16) / 255
  const ink = [part(1), part(3), part(5)] as const
  const [bottom, right] = [Math.min(height - 1, Math.ceil(figure.bottom)), Math.min(width - 1, Math.ceil(figure.right))]
  for (let y = Math.max(0, Math.floor(figure.top)); y <= bottom; y += 1) {
    for (let x = Math.max(0, Math.floor(figure.left)); x <= right; x += 1) {
      const inside = Math.min(1, Math.max(0, 0.5 - figure.shape(x + 0.5, y + 0.5))) * opacity
      if (inside === 0) continue
      const at = (y * width + x) * 4
      const before = values[at + 3] ?? 0
      const alpha = inside + before * (1 - inside)
      for (let channel = 0; channel < 3; channel += 1) {
        const own = (values[at + channel] ?? 0) * before * (1 - inside)
        values[at + channel] = ((ink[channel] ?? 0) * inside + own) / alpha
      }
      values[at + 3] = alpha
    }
  }
}

export function circle(x: number, y: number, radius: number): Figure {
  const shape: Shape = (px, py) => Math.sqrt((px - x) ** 2 + (py - y) ** 2) - radius
  return { left: x - radius - 1, top: y - radius - 1, right: x + radius + 1, bottom: y + radius + 1, shape }
}

/** A box with round corners. */
export function box(left: number, top: number, width: number, height: number, round = 0): Figure {
  const [x, y] = [left + width / 2, top + height / 2]
  const shape: Shape = (px, py) => {
    const dx = Math.abs(px - x) - width / 2 + round
    const dy = Math.abs(py - y) - height / 2 + round
    return Math.sqrt(Math.max(dx, 0) ** 2 + Math.max(dy, 0) ** 2) + Math.min(Math.max(dx, dy), 0) - round
  }
  return { left: left - 1, top: top - 1, right: left + width + 1, bottom: top + height + 1, shape }
}

/** A convex polygon; its corners stand clockwise on the screen. */
export function polygon(...corners: readonly (readonly [number, number])[]): Figure {
  const sides = corners.map(([x, y], index) => {
    const [toX, toY] = corners[(index + 1) % corners.length] ?? [x, y]
    const length = Math.sqrt((toX - x) ** 2 + (toY - y) ** 2)
    return { x, y, across: (toY - y) / length, down: -(toX - x) / length }
  })
  const shape: Shape = (px, py) => {
    let farthest = Number.NEGATIVE_INFINITY
    for (const { x, y, across, down } of sides) farthest = Math.max(farthest, (px - x) * across + (py - y) * down)
    return farthest
  }
  const [xs, ys] = [corners.map(([x]) => x), corners.map(([, y]) => y)]
  return {
    left: Math.min(...xs) - 1,
    top: Math.min(...ys) - 1,
    right: Math.max(...xs) + 1,
    bottom: Math.max(...ys) + 1,
    shape,
  }
}

/** Everything below a line that is given by its height per column; the line stays below `top`. */
export function below(target: Sheet, line: (x: number) => number, top = 0): Figure {
  return { left: 0, top, right: target.width, bottom: target.height, shape: (x, y) => line(x) - y }
}

/** One or more sheets of the same size as 8-bit pixels; without `alpha` what is transparent becomes black. */
export function print(
  sheets: readonly Sheet[],
  options: { readonly alpha: boolean; readonly delay?: number },
): RawPicture {
  const channels = options.alpha ? 4 : 3
  const [{ width, height } = { width: 0, height: 0 }] = sheets
  const pixels = new Uint8Array(width * height * channels * sheets.length)
  let at = 0
  for (const { values } of sheets) {
    for (let from = 0; from < values.length; from += 4) {
      for (let channel = 0; channel < channels; channel += 1, at += 1) {
        pixels[at] = Math.round(255 * (values[from + channel] ?? 0))
      }
    }
  }
  const { delay } = options
  return { width, height, channels, frames: sheets.length, pixels, ...(delay !== undefined && { delay }) }
}
