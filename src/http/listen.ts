import type { Server } from 'node:http'
import { CannotStart } from '../faults.ts'

/**
 * Listens and resolves with the base address as a browser on this machine would write it. No host means all addresses, port
 * 0 any free one. Throws CannotStart that says what is in the way.
 */
export function listen(
  server: Server,
  { host, port }: { readonly host: string | undefined; readonly port: number },
): Promise<string> {
  return new Promise((resolve, reject) => {
    const failed = (cause: NodeJS.ErrnoException) => reject(new CannotStart(obstacle(cause, host, port), { cause }))
    server.once('error', failed)
    server.listen(port, host, () => {
      server.off('error', failed)
      resolve(baseOf(server))
    })
  })
}

function baseOf(server: Server): string {
  const bound = server.address()
  if (bound === null || typeof bound === 'string') throw new Error('the server listens on no port')
  const { address, port, family } = bound
  const everywhere = address === '::' || address === '0.0.0.0'
  return `http://${everywhere ? 'localhost' : family === 'IPv6' ? `[${address}]` : address}:${port}`
}

function obstacle({ code, message }: NodeJS.ErrnoException, host: string | undefined, port: number): string {
  const place = host === undefined ? `port ${port}` : `${host.includes(':') ? `[${host}]` : host}:${port}`
  switch (code) {
    case 'EADDRINUSE':
      return `${place} is in use already; end the program that uses it, or set \`listen\` (TINTYPE_LISTEN) to another port`
    case 'EACCES':
      return `this user may not listen on ${place}; ports below 1024 are often reserved: set \`listen\` (TINTYPE_LISTEN) to another one`
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `${host ?? 'the address'} is no address of this machine: set \`listen\` (TINTYPE_LISTEN), to 0.0.0.0:${port} for all of them`
    default:
      return `listening on ${place} failed: ${message}`
  }
}
