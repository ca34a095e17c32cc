import type { Size } from '../../plan/facts.ts'
import type { Gradient } from '../../plan/plan.ts'
import type { Raw } from '../raw.ts'

/** Steps in which a gradient is computed; finer ones cannot be told apart in 8 bits. */
const STEPS = 1024

/** A gradient as an RGBA picture of its own. `reach` in pixels. */
export function gradientBlock(gradient: Gradient<number>, { width, height }: Size): Raw {
  const data = new Uint8Array(width * height * 4)
  const table = tableOf(gradient)
  const step = walk(gradient, { width, height })
  for (let y = 0, i = 0; y < height; y++) {
    for (let x = 0; x < width; x++, i += 4) {
      const t = 4 * step(x, y)
      const alpha = table[t + 3] ?? 0
      if (alpha === 0) continue
      data[i] = Math.round((table[t] ?? 0) / alpha)
      data[i + 1] = Math.round((table[t + 1] ?? 0) / alpha)
      data[i + 2] = Math.round((table[t + 2] ?? 0) / alpha)
      data[i + 3] = Math.round(255 * alpha)
    }
  }
  return { data, width, height, channels: 4 }
}

/** Lays a gradient over an RGBA picture without changing its alpha. In place. */
export function shade(picture: Raw, gradient: Gradient<number>): void {
  const { data, width, height } = picture
  const table = tableOf(gradient)
  const step = walk(gradient, picture)
  for (let y = 0, i = 0; y < height; y++) {
    for (let x = 0; x < width; x++, i += 4) {
      const t = 4 * step(x, y)
      const rest = 1 - (table[t + 3] ?? 0)
      data[i] = Math.round((table[t] ?? 0) + (data[i] ?? 0) * rest)
      data[i + 1] = Math.round((table[t + 1] ?? 0) + (data[i + 1] ?? 0) * rest)
      data[i + 2] = Math.round((table[t + 2] ?? 0) + (data[i + 2] ?? 0) * rest)
    }
  }
}

/** Colours weighted with alpha (as CSS mixes them: white fading out stays white), with alpha 0…1, for each step of the way. */
function tableOf({ from, to }: Gradient<number>): Float64Array {
  const table = new Float64Array(4 * (STEPS + 1))
  for (let i = 0; i <= STEPS; i++) {
    const part = i / STEPS
    const mix = (a: number, b: number) => a * from.alpha * (1 - part) + b * to.alpha * part
    table.set([mix(from.r, to.r), mix(from.g, to.g), mix(from.b, to.b), mix(1, 1)], 4 * i)
  }
  return table
}

/** The step of the way, 0…STEPS, at the middle of a pixel. The way begins at the corner that lies farthest back. */
function walk({ angle, reach }: Gradient<number>, { width, height }: Size): (x: number, y: number) => number {
  const radians = (angle * Math.PI) / 180
  const across = Math.sin(radians)
  const down = -Math.cos(radians)
  const start = Math.min(0, width * across) + Math.min(0, height * down)
  return (x, y) => {
    const along = (x + 0.5) * across + (y + 0.5) * down - start
    return along >= reach ? STEPS : Math.round((STEPS * Math.max(0, along)) / reach)
  }
}
