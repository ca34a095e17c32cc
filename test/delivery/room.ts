import * as nodeFiles from 'node:fs/promises'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { createDelivery, type Delivering, type DeliveryOptions } from '../../src/delivery/create.ts'
import type { Delivery } from '../../src/delivery/delivery.ts'
import type { Clock, Files } from '../../src/delivery/surroundings.ts'
import type { Engine } from '../../src/engine/engine.ts'
import { createGate } from '../../src/engine/gate.ts'
import { Fault } from '../../src/faults.ts'
import type { Facts } from '../../src/plan/facts.ts'
import type { Plan, SourceRef } from '../../src/plan/plan.ts'
import { sourcesOf } from '../../src/plan/sources.ts'
import { createMemoryStore, type MemoryStore } from '../support/memory-store.ts'

/** A clock that stands still until a test moves it. It begins now, because files carry the machine's time. */
export type TestClock = Clock & { advance(milliseconds: number): void }

export function createTestClock(): TestClock {
  let now = Date.now()
  const alarms = new Set<{ at: number; call: () => void }>()
  return {
    now: () => now,
    after(milliseconds, call) {
      const alarm = { at: now + milliseconds, call }
      alarms.add(alarm)
      return () => alarms.delete(alarm)
    },
    advance(milliseconds) {
      now += milliseconds
      for (const alarm of [...alarms]) {
        if (alarm.at > now) continue
        alarms.delete(alarm)
        alarm.call()
      }
    },
  }
}

/** An engine whose pictures are text: what was done to what. It counts, and waits when told to. */
export type TextEngine = Engine & {
  readonly calls: { probe: number; measure: number; render: number }
  hold: Promise<void> | undefined
  failure: Error | undefined
  /** Instead of the text. */
  answer: Buffer | 'untouched' | undefined
  /** Resolves when this many renderings have begun. */
  rendering(count: number): Promise<void>
  open: ((project: string, source: SourceRef) => Promise<Buffer>) | undefined
}

export function createTextEngine(): TextEngine {
  const begun: { readonly count: number; resolve(): void }[] = []
  const engine: TextEngine = {
    calls: { probe: 0, measure: 0, render: 0 },
    hold: undefined,
    failure: undefined,
    answer: undefined,
    open: undefined,
    rendering(count) {
      const { promise, resolve } = Promise.withResolvers<void>()
      begun.push({ count, resolve })
      if (engine.calls.render >= count) resolve()
      return promise
    },
    async probe(bytes) {
      engine.calls.probe += 1
      if (bytes.length === 0) throw new Fault('not-an-image')
      return factsOf(bytes)
    },
    async measure(_plan: Plan, facts: Facts) {
      engine.calls.measure += 1
      return facts
    },
    async render({ project, plan, bytes, offer }) {
      engine.calls.render += 1
      for (const { count, resolve } of begun) if (engine.calls.render >= count) resolve()
      const layers: string[] = []
      for (const source of sourcesOf(plan)) layers.push(String(await engine.open?.(project, source)))
      await engine.hold
      if (engine.failure) throw engine.failure
      if (engine.answer === 'untouched') return 'untouched'
      const text = `${bytes.subarray(0, 40)}|${plan.steps.length}|${[...offer].sort().join('+')}|${layers.join(',')}`
      return {
        bytes: engine.answer ?? Buffer.from(text),
        format: offer.includes('webp') ? 'webp' : 'jpeg',
        width: 1,
        height: 1,
        frames: 1,
        used: [],
      }
    },
    load: () => ({ running: 0, queued: 0 }),
    async close() {},
  }
  return engine
}

function factsOf(bytes: Buffer): Facts {
  const sides = { width: 1, height: 1, frames: 1, orientation: 1 }
  return { format: 'jpeg', ...sides, alpha: false, depth: 8, space: 'rgb', profile: false, bytes: bytes.length }
}

export const picture = (key: string, connection = 'bucket'): SourceRef => ({ kind: 'object', connection, key })

/** A plan that turns: each number of degrees is another variant. */
export function turned(degrees = 0, ...layers: SourceRef[]): Plan {
  return {
    frame: { kind: 'all' },
    steps: [
      { kind: 'rotate', degrees },
      ...layers.map((source) => ({
        kind: 'layer' as const,
        picture: { kind: 'source' as const, source },
        steps: [],
        at: { kind: 'anchor' as const, x: 0 as const, y: 0 as const },
        blend: 'over' as const,
      })),
    ],
    output: {
      kind: 'encode',
      choose: {
        kind: 'negotiated',
        candidates: [{ format: 'webp', unless: [] }],
        otherwise: { kind: 'as-source', substitute: 'png' },
      },
      quality: { kind: 'fixed', value: 80 },
      lossless: false,
      progressive: false,
      chroma: '4:2:0',
      palette: false,
      metadata: { profile: { kind: 'convert' }, exif: false, xmp: false },
      ifLarger: 'keep',
      vector: 'untouched',
    },
  }
}

export const asIs: Plan = { frame: { kind: 'all' }, steps: [], output: { kind: 'untouched' } }

export function ask(source: SourceRef | string, changes: Partial<Delivery> = {}): Delivery {
  const ref = typeof source === 'string' ? picture(source) : source
  return {
    project: 'demo',
    sources: [ref],
    plan: turned(90),
    offer: [],
    caching: 'use',
    seesPrivate: false,
    ...changes,
  }
}

export type Room = {
  readonly store: MemoryStore
  readonly engine: TextEngine
  readonly clock: TestClock
  readonly delivery: Delivering
  readonly dir: string
  readonly warnings: string[]
  /** A second server over the same directory, store and engine. */
  restart(changes?: RoomChanges): Promise<Delivering>
}
export type RoomChanges = {
  readonly cache?: Partial<DeliveryOptions['cache']>
  readonly limits?: Partial<DeliveryOptions['limits']>
  readonly files?: Partial<Files>
  readonly options?: Partial<DeliveryOptions>
}

/** A delivery with a store in memory, a text engine, a still clock and a directory of its own. */
export async function createRoom(changes: RoomChanges = {}): Promise<Room> {
  const dir = await mkdtemp(join(tmpdir(), 'tintype-delivery-'))
  const store = createMemoryStore()
  const engine = createTextEngine()
  const clock = createTestClock()
  const warnings: string[] = []
  const opened: Delivering[] = []

  function start(more: RoomChanges = {}): Delivering {
    const delivery = createDelivery({
      engine,
      open: (_project, ref) => ({ store, key: { key: ref.kind === 'object' ? ref.key : ref.url } }),
      limits: { sourceBytes: 50_000_000, requestTimeoutSeconds: 30, ...changes.limits, ...more.limits },
      cache: {
        dir,
        memoryBytes: 64_000_000,
        diskBytes: 64_000_000,
        revalidateSeconds: 300,
        ...changes.cache,
        ...more.cache,
      },
      fetchGate: createGate({ slots: 64, queue: { length: 64, waitMs: 10_000 } }),
      log: { info: () => undefined, warn: (_facts, message) => warnings.push(message) },
      clock,
      files: { ...nodeFiles, ...changes.files, ...more.files },
      ...changes.options,
      ...more.options,
    })
    engine.open = (project, ref) => delivery.bytes(project, ref)
    opened.push(delivery)
    return delivery
  }

  const delivery = start()
  onTestFinished(async () => {
    await Promise.all(opened.map((one) => one.close()))
    await rm(dir, { recursive: true, force: true })
  })
  return {
    store,
    engine,
    clock,
    delivery,
    dir,
    warnings,
    async restart(more) {
      await opened.at(-1)?.close()
      return start(more)
    },
  }
}
