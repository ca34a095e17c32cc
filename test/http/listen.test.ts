import { createServer, type Server } from 'node:http'
import { afterEach, describe, expect, it } from 'vitest'
import { CannotStart } from '../../src/faults.ts'
import { listen } from '../../src/http/listen.ts'

describe('listening', () => {
  const open: Server[] = []
  const server = () => {
    const made = createServer()
    open.push(made)
    return made
  }
  afterEach(() => {
    for (const one of open.splice(0)) one.close()
  })

  it('answers the address as it is written in a browser', async () => {
    expect(await listen(server(), { host: '127.0.0.1', port: 0 })).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/)
    expect(await listen(server(), { host: '0.0.0.0', port: 0 })).toMatch(/^http:\/\/localhost:\d+$/)
  })

  it('says in a sentence that the port is in use', async () => {
    const { port } = new URL(await listen(server(), { host: '127.0.0.1', port: 0 }))
    const failing = listen(server(), { host: '127.0.0.1', port: Number(port) })
    await expect(failing).rejects.toThrow(CannotStart)
    await expect(failing).rejects.toThrow(`127.0.0.1:${port} is in use already`)
  })

  it('says that an address is none of this machine', async () => {
    // A documentation address (RFC 5737) belongs to nobody.
    await expect(listen(server(), { host: '192.0.2.1', port: 0 })).rejects.toThrow(
      '192.0.2.1 is no address of this machine',
    )
  })
})
