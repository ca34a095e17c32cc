/**
 * The floor for an uncached answer: get the object over loopback, resize, encode; nothing else. Serves HTTP only so that it
 * is asked the same way as the others: `/?u=<presigned URL>&w=<width>&as=<defaults|same>`. `defaults` encodes as sharp does
 * by itself, `same` with the settings that Tintype uses.
 */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import sharp, { type JpegOptions } from 'sharp'
import { Agent, request } from 'undici'

sharp.concurrency(1)
sharp.cache(false)
const agent = new Agent({ connections: 16 })
const settings = JSON.parse(process.argv[2] ?? '{}') as JpegOptions

const server = createServer(async (req, res) => {
  const query = new URL(req.url ?? '/', 'http://localhost').searchParams
  const answer = await request(query.get('u') ?? '', { dispatcher: agent })
  const source = Buffer.from(await answer.body.arrayBuffer())
  const picture = sharp(source).resize({ width: Number(query.get('w')) })
  const options = query.get('as') === 'same' ? settings : { quality: settings.quality }
  const bytes = await picture.jpeg(options).toBuffer()
  res.writeHead(200, { 'Content-Type': 'image/jpeg', 'Content-Length': bytes.length })
  res.end(bytes)
})
server.listen(0, '127.0.0.1', () => console.log(`ready http://127.0.0.1:${(server.address() as AddressInfo).port}`))
process.once('SIGTERM', () => {
  server.closeAllConnections()
  server.close()
})
