import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http'
import { onTestFinished } from 'vitest'
import { listenHere } from '../support/listen.ts'

export type Delivery = {
  readonly method: string
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
}

/** A server that takes webhooks, stopped after the test. `answer` gets every delivery when its body is complete. */
export async function startReceiver(
  answer: (delivery: Delivery, response: ServerResponse) => void = (_delivery, response) => response.end(),
) {
  const deliveries: Delivery[] = []
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    try {
      for await (const chunk of request) chunks.push(chunk)
    } catch {
      // The sender was killed in the middle.
      return
    }
    const { method = '', url = '', headers } = request
    const delivery = { method, path: url, headers, body: Buffer.concat(chunks) }
    deliveries.push(delivery)
    answer(delivery, response)
  })
  const port = await listenHere(server)
  const stop = async () => {
    server.closeAllConnections()
    server.close()
    await once(server, 'close')
  }
  let stopped = false
  const stopOnce = async () => {
    if (!stopped) await stop()
    stopped = true
  }
  onTestFinished(stopOnce)
  return { deliveries, url: `http://127.0.0.1:${port}`, stop: stopOnce }
}
