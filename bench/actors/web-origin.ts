/** Serves one file under every path: the web origin for programs that cannot read from S3. */
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

const bytes = readFileSync(process.argv[2] ?? '')
const server = createServer((_req, res) => {
  res.writeHead(200, { 'Content-Type': 'image/jpeg', 'Content-Length': bytes.length })
  res.end(bytes)
})
server.listen(0, '127.0.0.1', () => console.log(`ready http://127.0.0.1:${(server.address() as AddressInfo).port}`))
process.once('SIGTERM', () => {
  server.closeAllConnections()
  server.close()
})
