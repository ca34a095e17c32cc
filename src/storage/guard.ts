import dns from 'node:dns'
import { isIP, type LookupFunction, type Socket } from 'node:net'
import { Fault } from '../faults.ts'
import { isPublicAddress } from './addresses.ts'

/** Answers every address of a name; `dns.lookup` unless a test says otherwise. */
export type Resolve = (
  hostname: string,
  options: { readonly all: true; readonly family?: number; readonly hints?: number },
  done: (error: NodeJS.ErrnoException | null, addresses: dns.LookupAddress[]) => void,
) => void

/**
 * Keeps connections that callers cause away from private networks. The check happens while connecting, on the very
 * addresses that the socket will use, so a name that resolves differently a second time gains nothing.
 */
export type Guard = {
  /** Whether a socket may be connected to this IP address. */
  allows(address: string): boolean
  /** For `net.connect`: only allowed addresses come back; Fault address-forbidden when none is left. */
  readonly lookup: LookupFunction
  /** `net.connect` asks no lookup for a literal address, so this is asked first. Throws Fault address-forbidden. */
  checkHost(hostname: string): void
  /** The last word: destroys a socket that is connected to a forbidden address after all. */
  checkSocket(socket: Socket): void
}

/** The guard of the house. With `allowPrivate` (network.allowPrivate of the configuration) it lets everything pass. */
export function createGuard(options: { readonly allowPrivate: boolean; readonly resolve?: Resolve }): Guard {
  const resolve: Resolve = options.resolve ?? ((hostname, how, done) => dns.lookup(hostname, how, done))
  const allows = (address: string) => options.allowPrivate || isPublicAddress(address)

  const lookup: LookupFunction = (hostname, how, done) => {
    const family = how.family === 'IPv4' ? 4 : how.family === 'IPv6' ? 6 : (how.family ?? 0)
    resolve(
      hostname,
      { all: true, family, ...(how.hints === undefined ? {} : { hints: how.hints }) },
      (error, found) => {
        if (error !== null) return done(error, '', 0)
        const [first, ...rest] = found.filter(({ address }) => allows(address))
        if (first === undefined) return done(forbidden(hostname), '', 0)
        if (how.all === true) done(null, [first, ...rest])
        else done(null, first.address, first.family)
      },
    )
  }

  return {
    allows,
    lookup,
    checkHost(hostname) {
      const bare = hostname.startsWith('[') ? hostname.slice(1, -1) : hostname
      if (isIP(bare) !== 0 && !allows(bare)) throw forbidden(hostname)
    },
    checkSocket(socket) {
      const { remoteAddress } = socket
      if (remoteAddress !== undefined && !allows(remoteAddress)) socket.destroy(forbidden(remoteAddress))
    },
  }
}

function forbidden(host: string): Fault {
  return new Fault('address-forbidden', undefined, { context: { host } })
}
