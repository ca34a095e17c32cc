import { connect, type Socket } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { Fault } from '../../../src/faults.ts'
import type { ObjectStore } from '../../../src/storage/object-store.ts'
import { BASIC, formOf, type House, KEY, openHouse, signed } from './house.ts'

let house: House
afterEach(() => house.stop())

/** A store whose writes can be watched and broken. */
function watched() {
  const state: { failure: Error | undefined; began: () => void } = { failure: undefined, began: () => undefined }
  const wrap = (store: ObjectStore): ObjectStore => ({
    ...store,
    async put(key, body, options) {
      if (state.failure !== undefined) throw state.failure
      if (body instanceof Uint8Array) return store.put(key, body, options)
      return store.put(key, watching(body), options)
    },
  })
  async function* watching(body: AsyncIterable<Uint8Array>) {
    for await (const chunk of body) {
      state.began()
      yield chunk
    }
  }
  return { state, wrap }
}

/** Begins a request by hand, so that it can be left unfinished. */
function begin(head: readonly string[], body: string): { readonly socket: Socket; readonly answer: Promise<string> } {
  const socket = connect(Number(new URL(house.url).port), '127.0.0.1')
  const chunks: Buffer[] = []
  socket.on('data', (chunk) => chunks.push(chunk)).on('error', () => undefined)
  const answer = new Promise<string>((resolve) => socket.on('close', () => resolve(Buffer.concat(chunks).toString())))
  socket.write([...head, 'Host: a', 'Connection: close', '', body].join('\r\n'))
  return { socket, answer }
}

const FORM = ['Content-Type: multipart/form-data; boundary=xyz', 'Transfer-Encoding: chunked']
const PART = '--xyz\r\nContent-Disposition: form-data; name="fileUpload"; filename="a.png"\r\n\r\n'
const chunk = (text: string) => `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`

test.each([
  ['a form', FORM, `${PART}${'x'.repeat(100_000)}`],
  ['raw bytes', ['Content-Type: image/png', 'Transfer-Encoding: chunked'], 'x'.repeat(100_000)],
])(
  '%s flows into the store while it is still being sent, and leaves nothing when the sender goes',
  async (_, type, body) => {
    const { state, wrap } = watched()
    house = await openHouse({ wrap })
    const writing = new Promise<void>((resolve) => {
      state.began = resolve
    })
    const { socket } = begin([`POST /api/store/S3?key=${KEY}&path=/a.png HTTP/1.1`, ...type], chunk(body))
    await writing
    socket.destroy()
    await expect.poll(() => house.keys()).toEqual([])
    expect(house.logged.filter(({ level }) => level === 'error')).toEqual([])
  },
)

test('a form that breaks off behind its file leaves nothing', async () => {
  house = await openHouse()
  const { socket } = begin(
    [`POST /api/store/S3?key=${KEY} HTTP/1.1`, ...FORM],
    chunk(`${PART}content\r\n--xyz\r\nContent-Disposition: form-data; name="x"\r\n\r\nhalf of a fie`),
  )
  await expect.poll(() => house.keys()).toHaveLength(1)
  socket.destroy()
  await expect.poll(() => house.keys()).toEqual([])
})

test('a form that never ends properly is refused, and leaves nothing', async () => {
  house = await openHouse()
  const { answer } = begin([`POST /api/store/S3?key=${KEY} HTTP/1.1`, ...FORM], `${chunk(`${PART}content`)}0\r\n\r\n`)
  expect(await answer).toMatch(/^HTTP\/1.1 400 .*\[uuid=[0-9a-f]{16}\]/s)
  await expect.poll(() => house.keys()).toEqual([])
})

test.each([
  ['store-misconfigured', 'the store refuses the credentials, the region or the bucket'],
  ['source-unreachable', 'the store cannot be reached'],
  ['access-denied', 'access denied'],
  ['disk-full', 'no space is left'],
] as const)('a store that fails with %s is a 502 that keeps its secrets', async (code, reason) => {
  const { state, wrap } = watched()
  house = await openHouse({ wrap })
  state.failure = new Fault(code, 'AKIA-secret says no')
  for (const body of [formOf('abc'), 'abc']) {
    const answer = await house.store('', body)
    expect(answer.status).toBe(502)
    expect(answer.text).toMatch(new RegExp(`^\\[uuid=[0-9a-f]{16}\\] storage provider error: S3: ${reason}$`))
  }
})

test('a store that refuses public objects is told by the parameter', async () => {
  const { state, wrap } = watched()
  house = await openHouse({ wrap })
  state.failure = new Fault('store-refused', 'no ACLs', { context: { option: 'acl' } })
  const answer = await house.store('access=private', formOf('abc'))
  expect([answer.status, answer.text.replace(/^\[.*\] /, '')]).toEqual([
    400,
    'Invalid parameter access: the store takes no public objects',
  ])
})

test('what nobody expected is opaque, and stands in the log', async () => {
  const { state, wrap } = watched()
  house = await openHouse({ wrap })
  state.failure = new Error('a defect at line 7')
  const answer = await house.store('', formOf('abc'))
  expect([answer.status, answer.text.replace(/^\[uuid=[0-9a-f]{16}\] /, '')]).toEqual([500, 'Internal server error'])
  expect(house.logged).toContainEqual({ level: 'error', message: 'a request failed unexpectedly' })
})

test('a refused upload is answered, however much of it is still to come', async () => {
  house = await openHouse()
  house.configure({ security: true })
  const body = new Uint8Array(19_000_000)
  for (const [query, sent] of [
    ['', body],
    [signed({ call: 'read' }), body],
    [signed({ call: 'read' }), formOf(body)],
  ] as const) {
    expect((await house.store(query, sent)).status).toBe(403)
  }
})

test('a size that only shows while it streams ends the upload with 403, and leaves nothing', async () => {
  house = await openHouse()
  const chunks = Array.from({ length: 190 }, () => new Uint8Array(100_000))
  const stream = () =>
    new ReadableStream({
      pull(controller) {
        const next = chunks.pop()
        if (next) controller.enqueue(next)
        else controller.close()
      },
    })
  const raw = await house.store(signed({ call: 'store', maxSize: 500_000 }), stream())
  const form = await house.store(signed({ call: 'store', maxSize: 500_000 }), formOf(new Uint8Array(19_000_000)))
  for (const { status, text } of [raw, form]) {
    expect(status).toBe(403)
    expect(text).toContain("The policy's size allows at most 500000 bytes")
  }
  await expect.poll(() => house.keys()).toEqual([])
})

test('an overwrite that breaks off leaves the old content', async () => {
  const { state, wrap } = watched()
  house = await openHouse({ wrap })
  const { json } = await house.store('', formOf('old'))
  const writing = new Promise<void>((resolve) => {
    state.began = resolve
  })
  const head = [
    `PUT /api/file/${json.handle} HTTP/1.1`,
    `Authorization: ${BASIC.authorization}`,
    'Transfer-Encoding: chunked',
  ]
  const { socket } = begin(head, chunk('x'.repeat(100_000)))
  await writing
  socket.destroy()
  await expect.poll(async () => (await house.send('GET', `/api/file/${json.handle}`)).text).toBe('old')
  await expect
    .poll(async () => (await house.send('PUT', `/api/file/${json.handle}`, { body: 'new', headers: BASIC })).status)
    .toBe(200)
})
