import { once } from 'node:events'
import { createServer } from 'node:net'
import { listenHere } from './listen.ts'

/** A port of the loopback interface that nobody listens on just now. */
export async function freePort(): Promise<number> {
  const listener = createServer()
  const port = await listenHere(listener)
  listener.close()
  await once(listener, 'close')
  return port
}
