import sharp from 'sharp'
import { expect, onTestFinished, test } from 'vitest'
import type { Delivering } from '../../src/delivery/create.ts'
import { createEngine } from '../../src/engine/create-engine.ts'
import type { Plan, SourceRef } from '../../src/plan/plan.ts'
import { bytesOf } from './bodies.ts'
import { asIs, ask, createRoom, picture, turned } from './room.ts'

/** A delivery over the engine that the server uses. */
async function createRealRoom() {
  const opened: { delivery?: Delivering } = {}
  const open = (project: string, source: SourceRef) => opened.delivery?.bytes(project, source) ?? Promise.reject()
  const engine = createEngine({ limits: { inputPixels: 1e8, outputPixels: 1e8, frames: 500 }, slots: 2, open })
  onTestFinished(() => engine.close())
  const room = await createRoom({ options: { engine } })
  opened.delivery = room.delivery
  return room
}

const RED = { r: 255, g: 0, b: 0 }
const solid = (width: number, height: number) =>
  sharp({ create: { width, height, channels: 3, background: RED } })
    .png()
    .toBuffer()

function sized(width: number, changes: Partial<Extract<Plan['output'], { kind: 'encode' }>> = {}): Plan {
  const { output } = turned()
  if (output.kind !== 'encode') throw new Error('a plan that encodes')
  const focus = { kind: 'anchor', x: 0.5, y: 0.5 } as const
  return {
    frame: { kind: 'all' },
    steps: [{ kind: 'orient' }, { kind: 'place', box: { width }, mode: 'inside', enlarge: true, focus }],
    output: { ...output, ...changes },
  }
}

test('a picture of the asked size in the offered format, the same from memory and after a restart', async () => {
  const { delivery, store, restart } = await createRealRoom()
  store.set('red.png', await solid(300, 200))
  const wish = ask('red.png', { plan: sized(150), offer: ['webp'] })
  const first = await delivery.deliver(wish)
  expect(first).toMatchObject({
    contentType: 'image/webp',
    picture: { format: 'webp', width: 150, height: 100, frames: 1 },
  })
  expect(await sharp(await bytesOf(first)).metadata()).toMatchObject({ format: 'webp', width: 150, height: 100 })
  expect(first.source.facts).toMatchObject({ format: 'png', width: 300, height: 200 })
  expect((await delivery.deliver(wish)).etag).toBe(first.etag)
  const second = await (await restart()).deliver(wish)
  expect([second.from, second.etag]).toEqual(['disk', first.etag])
  expect((await bytesOf(second)).equals(await bytesOf(first))).toBe(true)
})

test('a vector goes out untouched under its real type, whatever the store says', async () => {
  const { delivery, store } = await createRealRoom()
  const svg = '<svg xmlns="http://www.w3.org/2000/svg" width="10" height="10"><rect width="10" height="10"/></svg>'
  store.set('logo', { bytes: Buffer.from(svg), contentType: 'text/plain' })
  const answer = await delivery.deliver(ask('logo', { plan: sized(5) }))
  expect([String(await bytesOf(answer)), answer.contentType]).toEqual([svg, 'image/svg+xml'])
})

test.each([
  ['not a picture', async () => Buffer.from('hello'), 'not-an-image'],
  ['cut off', async () => (await solid(300, 200)).subarray(0, 200), 'image-corrupt'],
  ['empty', async () => Buffer.alloc(0), 'not-an-image'],
] as const)('%s: a fault, nothing cached but the bytes, and the server goes on', async (_name, bytes, code) => {
  const { delivery, store } = await createRealRoom()
  store.set('bad', await bytes())
  store.set('red.png', await solid(30, 20))
  await expect(delivery.deliver(ask('bad', { plan: sized(10) }))).rejects.toMatchObject({ code })
  expect((await delivery.deliver(ask('bad', { plan: asIs }))).size).toBe((await bytes()).length)
  expect((await delivery.deliver(ask('red.png', { plan: sized(10) }))).picture).toMatchObject({ width: 10, height: 7 })
})

test('a layer of the picture comes through the cache', async () => {
  const { delivery, store } = await createRealRoom()
  store.set('red.png', await solid(30, 20))
  store.set(
    'logo.png',
    await sharp({ create: { width: 30, height: 20, channels: 3, background: 'blue' } })
      .png()
      .toBuffer(),
  )
  const plan: Plan = {
    ...sized(30),
    steps: [
      {
        kind: 'layer',
        picture: { kind: 'source', source: picture('logo.png') },
        steps: [],
        at: { kind: 'anchor', x: 0, y: 0 },
        blend: 'over',
      },
    ],
  }
  const answer = await delivery.deliver(ask('red.png', { plan }))
  const { data } = await sharp(await bytesOf(answer))
    .raw()
    .toBuffer({ resolveWithObject: true })
  expect([data[0], data[1], data[2]]).toEqual([0, 0, 255])
  expect(store.calls.get).toBe(2)
})
