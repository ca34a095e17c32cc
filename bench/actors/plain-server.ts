/** The floor for a cached answer: a bare Node server that sends the same bytes, read once from the file in argv, for every request. */
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

const [file = '', contentType = 'application/octet-stream'] = process.argv.slice(2)
const bytes = readFileSync(file)
const server = createServer((_req, res) => {
  res.writeHead(200, { 'Content-Type': contentType, 'Content-Length': bytes.length })
  res.end(bytes)
})
server.listen(0, '127.0.0.1', () => console.log(`ready http://127.0.0.1:${(server.address() as AddressInfo).port}`))
process.once('SIGTERM', () => {
  server.closeAllConnections()
  server.close()
})
