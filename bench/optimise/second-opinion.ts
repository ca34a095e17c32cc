/** SSIMULACRA2 (Sneyers, Cloudinary), by whichever program is at hand: a measure that Tintype does not search with. */
import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { delimiter, join } from 'node:path'
import sharp from 'sharp'
import type { Frames } from '../../src/engine/animation.ts'

/** Up to 100 = no difference; 90 and more: hardly to be seen, 70: high quality, 50: medium. */
export type SecondOpinion = (source: Frames, shown: Frames) => Promise<number>

/** `ssimulacra2 a b` prints the score; `ssimulacra2_rs image a b` prints a word and the score. */
const PROGRAMS = [
  { name: 'ssimulacra2', before: [] },
  { name: 'ssimulacra2_rs', before: ['image'] },
] as const

/** Compares by files in a folder; undefined when no program is on the PATH or in ~/.cargo/bin. */
export function secondOpinion(folder: string): SecondOpinion | undefined {
  const places = [...(process.env.PATH ?? '').split(delimiter), join(homedir(), '.cargo', 'bin')]
  for (const { name, before } of PROGRAMS) {
    const place = places.find((path) => existsSync(join(path, name)))
    if (place) return (source, shown) => worst([join(place, name), ...before], folder, source, shown)
  }
  return undefined
}

/** Of up to three frames, each on white and, where there is transparency, on black, the lowest score. */
async function worst(command: readonly string[], folder: string, source: Frames, shown: Frames): Promise<number> {
  const grounds = [source, shown].some(({ channels }) => channels === 4 || channels === 2)
    ? ['white', 'black']
    : ['white']
  const frames = new Set([0, source.frames >> 1, source.frames - 1])
  const scores: number[] = []
  for (const frame of frames) {
    for (const ground of grounds) {
      const files = [join(folder, 'source.png'), join(folder, 'shown.png')] as const
      await writeFile(files[0], await frameOn(source, frame, ground))
      await writeFile(files[1], await frameOn(shown, frame, ground))
      const [program = '', ...options] = command
      const said = execFileSync(program, [...options, ...files], { encoding: 'utf8' })
      scores.push(Number(/-?[\d.]+(?!.*\d)/s.exec(said)?.[0]))
    }
  }
  return Math.min(...scores)
}

function frameOn({ data, width, height, channels }: Frames, frame: number, background: string): Promise<Buffer> {
  const size = width * height * channels
  const shape = channels === 1 ? 1 : channels === 2 ? 2 : channels === 3 ? 3 : 4
  return sharp(data.subarray(frame * size, (frame + 1) * size), { raw: { width, height, channels: shape } })
    .flatten({ background })
    .toColourspace('srgb')
    .png({ compressionLevel: 1 })
    .toBuffer()
}
