import { randomUUID } from 'node:crypto'
import { access, mkdir, rename, rm, writeFile } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import type { RawPicture } from './canvas.ts'
import { type DemoFormat, type DemoScene, SCENES } from './catalogue.ts'

export type { DemoFormat, RawPicture }

/** A picture of the demo's folder. */
export type DemoPicture = { readonly name: string; readonly title: string }

/** Pixels to a file's bytes; JPEG at a camera's quality (about 90), animations with the picture's delay and without end. */
export type Encode = (picture: RawPicture, format: DemoFormat) => Promise<Uint8Array>

/**
 * Fills a folder with the pictures of the first start, painted by code: photograph-like scenes, an illustration, a
 * transparent logo, an animation. Files that are there stay untouched. Every file appears whole or not at all. The
 * painting takes some seconds of processor time, in threads of its own.
 *
 * @returns all pictures of the demo, in the order to show them
 */
export async function createDemo(options: {
  readonly directory: string
  readonly encode: Encode
}): Promise<readonly DemoPicture[]> {
  const { directory, encode } = options
  await mkdir(directory, { recursive: true })
  const missing: DemoScene[] = []
  for (const scene of SCENES) if (!(await exists(join(directory, scene.name)))) missing.push(scene)
  // The slowest stand in the middle of the list; taking turns keeps every core busy all the same.
  const turns = Array.from({ length: Math.min(missing.length, availableParallelism()) }, async () => {
    for (let scene = missing.shift(); scene !== undefined; scene = missing.shift()) {
      await writeWhole(join(directory, scene.name), await encode(await painted(scene), scene.format))
    }
  })
  await Promise.all(turns)
  return SCENES.map(({ name, title }) => ({ name, title }))
}

function painted(scene: DemoScene): Promise<RawPicture> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL('./paint-worker.ts', import.meta.url), { workerData: scene.name })
    worker.once('message', resolve)
    worker.once('error', reject)
    worker.once('exit', () => reject(new Error(`${scene.name} was not painted`)))
  })
}

async function writeWhole(file: string, bytes: Uint8Array): Promise<void> {
  const part = `${file}.${randomUUID()}.part`
  try {
    await writeFile(part, bytes)
    await rename(part, file)
  } finally {
    await rm(part, { force: true })
  }
}

async function exists(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  )
}
