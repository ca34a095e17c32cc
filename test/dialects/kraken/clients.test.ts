import { createRequire } from 'node:module'
import { connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { quadrants } from '../../support/pictures.ts'
import { AUTH, type House, openHouse } from './house.ts'

let house: House
let picture: Buffer
beforeAll(async () => {
  house = await openHouse()
  picture = await quadrants(64, 48, 'jpeg')
  house.origin.answer('/a.jpg', { body: picture })
})
afterAll(() => house?.stop())

describe('the unmodified client kraken of npm', () => {
  // It is CommonJS without types.
  const load = createRequire(import.meta.url)
  const client = () => {
    const Kraken = load('kraken')
    const kraken = new Kraken(AUTH)
    kraken.api = new Kraken.KrakenApiList(house.url)
    return kraken
  }

  it('optimises a picture by URL', async () => {
    const answer = await client().url({ url: `${house.origin.url}/a.jpg`, wait: true, lossy: true })
    expect(answer).toMatchObject({ success: true, file_name: 'a.jpg', original_size: picture.length })
  })
  it('uploads a picture', async () => {
    const answer = await client().upload({
      file: { value: picture },
      wait: true,
      resize: { strategy: 'square', size: 12 },
    })
    expect(answer).toMatchObject({ success: true, kraked_width: 12, kraked_height: 12 })
    expect(answer.file_name).toMatch(/^[0-9a-f]{40}$/)
  })
  it('reads the status and the errors', async () => {
    expect(await client().userStatus()).toMatchObject({ success: true, active: true })
    expect(await client().url({ url: `${house.origin.url}/a.jpg` })).toMatchObject({
      success: false,
      message: expect.any(String),
    })
  })
})

const json = (more: object = {}) => JSON.stringify({ auth: AUTH, wait: true, ...more })
const CRLF = '\r\n'

/** A body written byte by byte: each part is its head and its content. */
function multipart(
  boundary: string,
  parts: readonly (readonly [head: string, content: string | Buffer])[],
): Uint8Array<ArrayBuffer> {
  const pieces = parts.flatMap(([head, content]) => [
    Buffer.from(`--${boundary}${CRLF}${head}${CRLF}${CRLF}`),
    Buffer.from(content),
    Buffer.from(CRLF),
  ])
  return Uint8Array.from(Buffer.concat([...pieces, Buffer.from(`--${boundary}--${CRLF}`)]))
}

describe('the forms of other clients', () => {
  const disposition = (rest: string) => `Content-Disposition: form-data${rest}`
  const DATA = disposition('; name="data"')
  const FILE = `${disposition('; name="upload"; filename="a.jpg"')}${CRLF}Content-Type: image/jpeg`

  it.each([
    [
      'documented: data, then upload',
      'x',
      [
        [DATA, json()],
        [FILE, 'FILE'],
      ],
      'a.jpg',
    ],
    [
      'file first',
      'x',
      [
        [FILE, 'FILE'],
        [DATA, json()],
      ],
      'a.jpg',
    ],
    [
      'the JSON has a type of its own',
      'x',
      [
        [`${DATA}${CRLF}Content-Type: application/json; charset=utf-8`, json()],
        [FILE, 'FILE'],
      ],
      'a.jpg',
    ],
    [
      'Ruby: the JSON is called body',
      '-----------RubyMultipartPost',
      [
        [disposition('; name="body"'), json()],
        [
          disposition('; name="upload"; filename="a.jpg"') +
            CRLF +
            'Content-Length: 7' +
            CRLF +
            'Content-Type: image/jpeg' +
            CRLF +
            'Content-Transfer-Encoding: binary',
          'FILE',
        ],
      ],
      'a.jpg',
    ],
    [
      '.NET: no name for the JSON, the file named after itself',
      'a5b8-41ee',
      [
        [`Content-Type: text/plain; charset=utf-8${CRLF}${disposition('')}`, json()],
        [`${disposition("; name=photo.png; filename=photo.png; filename*=utf-8''photo.png")}`, 'FILE'],
      ],
      'photo.png',
    ],
    [
      '.NET: a boundary that begins with dashes, quoted',
      '----kraken/8:d 1',
      [
        [DATA, json()],
        [FILE, 'FILE'],
      ],
      'a.jpg',
    ],
    [
      'Java: octets',
      'Boundary_1_28',
      [
        [`Content-Type: application/json${CRLF}${DATA}`, json()],
        [
          `Content-Type: application/octet-stream${CRLF}${disposition('; filename="0b3c4a9e-2f7b-4d43-9c35-7f9f2f0e6a11"; name="upload"')}`,
          'FILE',
        ],
      ],
      '0b3c4a9e-2f7b-4d43-9c35-7f9f2f0e6a11',
    ],
    [
      'a type that is nonsense',
      'x',
      [
        [DATA, json()],
        [`${disposition('; name="file"; filename="c0ffee"')}${CRLF}Content-Type: file`, 'FILE'],
      ],
      'c0ffee',
    ],
    [
      'two files: the first counts',
      'x',
      [
        [DATA, json()],
        [FILE, 'FILE'],
        [disposition('; name="b"; filename="b.png"'), 'second'],
      ],
      'a.jpg',
    ],
    [
      'other texts beside the JSON',
      'x',
      [
        [disposition('; name="a"'), '7'],
        [disposition('; name="b"'), 'no JSON'],
        [disposition('; name="c"'), json()],
        [FILE, 'FILE'],
      ],
      'a.jpg',
    ],
  ] as const)('%s', async (_, boundary, parts, name) => {
    const body = multipart(
      boundary,
      parts.map(([head, content]) => [head, content === 'FILE' ? picture : content] as const),
    )
    const answer = await house.send('POST', '/v1/upload', body, {
      'content-type': `multipart/form-data; boundary="${boundary}"`,
    })
    expect(answer).toMatchObject({
      status: 200,
      json: { success: true, file_name: name, original_size: picture.length },
    })
  })

  it('chunked, without a length', async () => {
    const body = multipart('x', [
      [DATA, json()],
      [FILE, picture],
    ])
    const pieces = [body.subarray(0, 10), body.subarray(10, 300), body.subarray(300)]
    const stream = ReadableStream.from(pieces)
    const answer = await house.send('POST', '/v1/upload', stream, { 'content-type': 'multipart/form-data; boundary=x' })
    expect(answer).toMatchObject({ status: 200, json: { success: true } })
  })

  it.each([
    ['no file', [[DATA, json()]], 422, 'No file was provided'],
    ['no JSON', [[FILE, 'FILE']], 400, 'Incoming request body does not contain a valid JSON object'],
    [
      'JSON that is broken',
      [
        [DATA, '{'],
        [FILE, 'FILE'],
      ],
      400,
      'Incoming request body does not contain a valid JSON object',
    ],
  ] as const)('%s is refused', async (_, parts, status, message) => {
    const body = multipart(
      'x',
      parts.map(([head, content]) => [head, content] as const),
    )
    const answer = await house.send('POST', '/v1/upload', body, { 'content-type': 'multipart/form-data; boundary=x' })
    expect(answer).toMatchObject({ status, json: { success: false, message } })
    await expect.poll(() => house.files('uploads/incoming')).toEqual([])
  })

  it.each([
    ['ends too early', 'multipart/form-data; boundary=x', `--x${CRLF}${DATA}${CRLF}${CRLF}{`],
    ['has no boundary', 'multipart/form-data', 'hello'],
    ['is no form', 'text/plain', 'hello'],
    ['is empty', 'multipart/form-data; boundary=x', ''],
    ['is a file that ends too early', 'multipart/form-data; boundary=x', `--x${CRLF}${FILE}${CRLF}${CRLF}abc`],
  ])('a form that %s is 400', async (_, type, body) => {
    const answer = await house.send('POST', '/v1/upload', body, { 'content-type': type })
    expect(answer).toMatchObject({ status: 400, json: { success: false } })
    await expect.poll(() => house.files('uploads/incoming')).toEqual([])
  })
})

it('an upload that its sender leaves is thrown away', async () => {
  const { port } = new URL(house.url)
  const socket = connect(Number(port), '127.0.0.1')
  const head =
    'POST /v1/upload HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\nContent-Type: multipart/form-data; boundary=x\r\n\r\n'
  socket.write(`${head}--x\r\nContent-Disposition: form-data; name="upload"; filename="a"\r\n\r\n${'b'.repeat(50_000)}`)
  await expect.poll(() => house.files('uploads/incoming')).toHaveLength(1)
  socket.destroy()
  await expect.poll(() => house.files('uploads/incoming')).toEqual([])
})
