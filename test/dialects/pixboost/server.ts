import { onTestFinished } from 'vitest'
import type { Delivered, Delivery, DeliveryService } from '../../../src/delivery/delivery.ts'
import { createPixboost, type PixboostOptions } from '../../../src/dialects/pixboost/handler.ts'
import { createDispatcher, type DispatcherOptions } from '../../../src/http/dispatch.ts'
import type { SourceRef } from '../../../src/plan/plan.ts'
import { type RawAnswer, rawRequest } from '../../http/raw-client.ts'
import { listenHere } from '../../support/listen.ts'
import { directoryOf, projectOf } from './account.ts'

export const PICTURE = Buffer.from('these bytes stand for a picture')
export const CHANGED = new Date('2024-05-01T12:00:00Z')

/** A delivery that answers every request with the same good picture, unless told otherwise, and remembers what was asked. */
export type TestDelivery = DeliveryService & {
  readonly asked: Delivery[]
  readonly purged: { readonly project: string; readonly source: SourceRef }[]
  answer: (delivery: Delivery, signal?: AbortSignal) => Delivered | Promise<Delivered>
  peek: (delivery: Delivery) => Delivered | undefined
}

export function deliveryOf(): TestDelivery {
  const delivery: TestDelivery = {
    asked: [],
    purged: [],
    answer: goodPicture,
    peek: () => undefined,
    async deliver(wish, signal) {
      delivery.asked.push(wish)
      return delivery.answer(wish, signal)
    },
    async purge(project, source) {
      delivery.purged.push({ project, source })
      return 0
    },
    async close() {},
  }
  return delivery
}

export function goodPicture(delivery: Delivery): Delivered {
  const [source] = delivery.sources
  return {
    body: { kind: 'bytes', bytes: PICTURE },
    size: PICTURE.length,
    contentType: 'image/webp',
    etag: '"good"',
    lastModified: CHANGED,
    source: { source, version: '1', checkedAt: 0, private: false },
    picture: { format: 'webp', width: 1, height: 1, frames: 1 },
    from: 'computed',
  }
}

export type TestServer = {
  readonly port: number
  readonly logged: { readonly facts: object; readonly message: string }[]
  /** A request over a bare socket; the answer's body is latin-1 text. */
  ask(target: string, options?: { method?: string; headers?: readonly string[]; body?: string }): Promise<RawAnswer>
}

/** The dialect behind the real dispatcher on a free port, stopped after the test. */
export async function serve(
  options: Partial<PixboostOptions> = {},
  dispatcherOptions: Partial<DispatcherOptions> = {},
): Promise<TestServer> {
  const logged: { facts: object; message: string }[] = []
  const note = (facts: object, message: string) => void logged.push({ facts, message })
  const log = { warn: note, error: note }
  const pixboost = createPixboost({
    directory: directoryOf([projectOf('demo')]),
    delivery: deliveryOf(),
    jobs: { add: async () => ({ id: '1' }) },
    publicUrl: () => 'http://img.test:8080',
    log,
    ...options,
  })
  const dispatcher = createDispatcher({ surfaces: [pixboost], log, ...dispatcherOptions })
  const port = await listenHere(dispatcher.server)
  onTestFinished(() => dispatcher.close(0))
  return {
    port,
    logged,
    ask(target, { method = 'GET', headers = [], body } = {}) {
      const length = body === undefined ? [] : [`Content-Length: ${Buffer.byteLength(body)}`]
      const head = [`${method} ${target} HTTP/1.1`, 'Host: img.test:8080', 'Connection: close', ...headers, ...length]
      return rawRequest(port, `${head.join('\r\n')}\r\n\r\n${body ?? ''}`)
    },
  }
}
