import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { SCENES } from '../../src/demo/catalogue.ts'
import { createDemo, type RawPicture } from '../../src/demo/pictures.ts'
import { lighthouse } from '../../src/demo/scenes/lighthouse.ts'
import { logo } from '../../src/demo/scenes/logo.ts'
import { mountains } from '../../src/demo/scenes/mountains.ts'
import { village } from '../../src/demo/scenes/village.ts'

let directory: string
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'tintype-demo-'))
})
afterEach(() => rm(directory, { recursive: true, force: true }))

const raw = async ({ pixels }: RawPicture) => pixels
const others = (name: string) => SCENES.filter((scene) => scene.name !== name)

describe('the demo’s folder', () => {
  it('gets what is missing, and files that are there stay as they are', async () => {
    for (const { name } of others('logo.png')) await writeFile(join(directory, name), 'mine')
    const pictures = await createDemo({ directory, encode: raw })
    expect(pictures.map(({ name }) => name).sort()).toEqual((await readdir(directory)).sort())
    expect(await readFile(join(directory, 'village.png'), 'utf8')).toBe('mine')
    expect((await readFile(join(directory, 'logo.png'))).length).toBe(800 * 800 * 4)
  })

  it('never holds half a file', async () => {
    for (const { name } of others('logo.png')) await writeFile(join(directory, name), 'mine')
    const failing = () => Promise.reject(new Error('no encoder'))
    await expect(createDemo({ directory, encode: failing })).rejects.toThrow('no encoder')
    expect(await readdir(directory)).not.toContain('logo.png')
  })
})

describe('a painted picture', () => {
  it('is the same every time', () => expect(mountains(64, 43).pixels).toEqual(mountains(64, 43).pixels))

  it('has as many pixels as it says', () => {
    for (const picture of [mountains(64, 43), village(64, 43), logo(32), lighthouse(48, 32)]) {
      const { width, height, channels, frames, pixels } = picture
      expect(pixels.length).toBe(width * height * channels * frames)
    }
  })

  it('is transparent around and inside of the logo', () => {
    const { pixels } = logo(100)
    const alpha = (x: number, y: number) => pixels[(y * 100 + x) * 4 + 3]
    expect([alpha(0, 0), alpha(50, 50), alpha(50, 6)]).toEqual([0, 0, 255])
  })

  it('grows darker from the sky to the wood of the mountains', () => {
    const { pixels } = mountains(90, 60)
    const row = (y: number) => pixels.slice(y * 270, (y + 1) * 270).reduce((sum, value) => sum + value, 0)
    expect(row(58)).toBeLessThan(row(30) / 3)
  })

  it('holds few colours where it is an illustration', () => {
    const { pixels } = village(400, 267)
    const counts = new Map<number, number>()
    for (let at = 0; at < pixels.length; at += 3) {
      const colour = ((pixels[at] ?? 0) << 16) | ((pixels[at + 1] ?? 0) << 8) | (pixels[at + 2] ?? 0)
      counts.set(colour, (counts.get(colour) ?? 0) + 1)
    }
    const common = [...counts.values()].sort((a, b) => b - a).slice(0, 9)
    expect(common.reduce((sum, count) => sum + count, 0)).toBeGreaterThan(0.75 * 400 * 267)
  })
})
