import { isIP } from 'node:net'
import ipaddr from 'ipaddr.js'

/**
 * Whether an address is one of the public Internet. Everything else is refused: loopback, private, link-local, carrier
 * NAT, `0/8`, multicast, broadcast, reserved, documentation and benchmark ranges, unique-local and zoned IPv6. IPv4 hidden
 * in IPv6 is taken out and judged by itself where the form is in real use (mapped, NAT64 `64:ff9b::/96`); the other
 * forms (compatible, 6to4, Teredo, translated, local NAT64) are refused whatever they carry. Text that is no address is
 * not public.
 */
export function isPublicAddress(address: string): boolean {
  const bare = address.startsWith('[') && address.endsWith(']') ? address.slice(1, -1) : address
  // Node's own check takes no octal, hexadecimal or short spellings: those mean different hosts to different programs.
  const family = bare.includes('%') ? 0 : isIP(bare)
  if (family === 4) return isPublicV4(ipaddr.IPv4.parse(bare))
  return family === 6 && isPublicV6(ipaddr.IPv6.parse(hexadecimal(bare)))
}

/** ipaddr.js takes the compatible `::1.2.3.4` for the mapped form; the URL parser writes all of them in hexadecimal. */
function hexadecimal(address: string): string {
  return new URL(`http://[${address}]`).hostname.slice(1, -1)
}

/** Addresses that `range()` calls unicast but that reach the provider's own machinery from inside its network. */
const REFUSED_V4: readonly [ipaddr.IPv4, number][] = [
  // Azure's platform address: metadata and agent channel of every virtual machine there.
  ipaddr.IPv4.parseCIDR('168.63.129.16/32'),
  // The former 6to4 relay anycast prefix (RFC 7526).
  ipaddr.IPv4.parseCIDR('192.88.99.0/24'),
]

/** Global unicast (RFC 4291 §2.4): every other part of IPv6 is special or unassigned. */
const GLOBAL_V6 = ipaddr.IPv6.parseCIDR('2000::/3')
const REFUSED_V6: readonly [ipaddr.IPv6, number][] = [
  // IETF protocol assignments: Teredo, benchmarking, ORCHID and so on (RFC 2928).
  ipaddr.IPv6.parseCIDR('2001::/23'),
  ipaddr.IPv6.parseCIDR('2001:db8::/32'),
  ipaddr.IPv6.parseCIDR('2002::/16'),
  // Documentation (RFC 9637).
  ipaddr.IPv6.parseCIDR('3fff::/20'),
]
const NAT64 = ipaddr.IPv6.parseCIDR('64:ff9b::/96')

function isPublicV4(address: ipaddr.IPv4): boolean {
  return address.range() === 'unicast' && !REFUSED_V4.some((range) => address.match(range))
}

function isPublicV6(address: ipaddr.IPv6): boolean {
  if (address.isIPv4MappedAddress()) return isPublicV4(address.toIPv4Address())
  if (address.match(NAT64)) return isPublicV4(new ipaddr.IPv4(address.toByteArray().slice(12)))
  return address.match(GLOBAL_V6) && address.range() === 'unicast' && !REFUSED_V6.some((range) => address.match(range))
}
