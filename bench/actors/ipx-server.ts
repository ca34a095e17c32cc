/** ipx as its documentation sets it up, reading from the web origin named in argv. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createIPX, createIPXNodeServer, ipxHttpStorage } from '../node_modules/ipx/dist/index.mjs'

const ipx = createIPX({ storage: ipxHttpStorage({ allowAllDomains: true }) })
const server = createServer(createIPXNodeServer(ipx))
server.listen(0, '127.0.0.1', () => console.log(`ready http://127.0.0.1:${(server.address() as AddressInfo).port}`))
process.once('SIGTERM', () => {
  server.closeAllConnections()
  server.close()
})
