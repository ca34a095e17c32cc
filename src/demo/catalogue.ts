import type { RawPicture } from './canvas.ts'
import { forest } from './scenes/forest.ts'
import { fruit } from './scenes/fruit.ts'
import { lighthouse } from './scenes/lighthouse.ts'
import { logo } from './scenes/logo.ts'
import { mountains } from './scenes/mountains.ts'
import { sea } from './scenes/sea.ts'
import { village } from './scenes/village.ts'

/** The formats the demo's pictures are stored in. */
export type DemoFormat = 'jpeg' | 'png' | 'gif'

/** A picture that the code can paint. */
export type DemoScene = {
  /** File name in the demo's folder. */
  readonly name: string
  readonly title: string
  readonly format: DemoFormat
  paint(): RawPicture
}

/** The demo's pictures, in the order in which a page shows them. */
export const SCENES: readonly DemoScene[] = [
  { name: 'mountains-at-dusk.jpg', title: 'Mountains at dusk', format: 'jpeg', paint: () => mountains(1600, 1067) },
  { name: 'sail-at-sea.jpg', title: 'A sail at sea', format: 'jpeg', paint: () => sea(1600, 1067) },
  { name: 'bowl-of-fruit.jpg', title: 'A bowl of fruit', format: 'jpeg', paint: () => fruit(1600, 1067) },
  { name: 'misty-forest.jpg', title: 'Forest in the mist (upright)', format: 'jpeg', paint: () => forest(1067, 1600) },
  { name: 'village.png', title: 'A village (illustration)', format: 'png', paint: () => village(1600, 1067) },
  { name: 'logo.png', title: 'A logo (transparent)', format: 'png', paint: () => logo(800) },
  { name: 'lighthouse.gif', title: 'A lighthouse (animation)', format: 'gif', paint: () => lighthouse(420, 280) },
]
