/** ipx as its documentation sets it up, reading from the web origin named in argv. */
import { createServer, type RequestListener } from 'node:http'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'

/** The measurements' own packages are not there when types are checked. */
type Ipx = {
  createIPX(options: { storage: unknown }): unknown
  createIPXNodeServer(ipx: unknown): RequestListener
  ipxHttpStorage(options: { allowAllDomains: boolean }): unknown
}
const { createIPX, createIPXNodeServer, ipxHttpStorage }: Ipx = createRequire(import.meta.url)('ipx')

const ipx = createIPX({ storage: ipxHttpStorage({ allowAllDomains: true }) })
const server = createServer(createIPXNodeServer(ipx))
server.listen(0, '127.0.0.1', () => console.log(`ready http://127.0.0.1:${(server.address() as AddressInfo).port}`))
process.once('SIGTERM', () => {
  server.closeAllConnections()
  server.close()
})
