import { Agent } from 'undici'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Fault } from '../../src/faults.ts'
import { discard, readAll } from '../../src/storage/body.ts'
import type { GetOptions, ObjectStore } from '../../src/storage/object-store.ts'

export type Subject = {
  readonly store: ObjectStore
  /** A second container that exists, for calls that name one. */
  readonly otherBucket: string
  /** Odd keys that the store could not keep apart from others and therefore refuses. */
  readonly refuses?: readonly string[]
  /** Lists by UTF-16 code units instead of bytes, which differs for characters beyond the basic plane only. */
  readonly listsByCodeUnits?: boolean
  /** What a client of a signed URL has to send along to store, and the answer it gets. */
  readonly signedPut?: { readonly headers: Readonly<Record<string, string>>; readonly status: number }
  stop(): Promise<void>
}

/** What every writable adapter owes; run it with a store over an empty container. */
export function storeContract(name: string, start: () => Promise<Subject>, skip = false): void {
  describe.skipIf(skip)(`${name}: the contract of every store`, () => {
    let subject: Subject
    let store: ObjectStore
    beforeAll(async () => {
      subject = await start()
      store = subject.store
    })
    afterAll(() => subject?.stop())

    const text = async (key: string, options?: GetOptions, bucket?: string) => {
      const answer = await store.get({ key, ...(bucket === undefined ? {} : { bucket }) }, options)
      return answer.kind === 'object' ? (await readAll(answer.body)).toString() : answer.kind
    }

    it('gives back the bytes, the size and a version that it also told when they were put', async () => {
      const { version } = await store.put({ key: 'plain.txt' }, Buffer.from('hello'))
      const head = await store.head({ key: 'plain.txt' })
      expect(head).toMatchObject({ size: 5, version, etag: version })
      expect(version).toMatch(/^"[^"]+"$/)
      expect(head.lastModified).toBeInstanceOf(Date)
      const answer = await store.get({ key: 'plain.txt' })
      expect(answer.kind === 'object' && answer.head).toEqual(head)
      if (answer.kind === 'object') await discard(answer.body)
      expect(await text('plain.txt')).toBe('hello')
    })

    it('says the content type', async () => {
      await store.put({ key: 'typed/picture.png' }, Buffer.from('x'), { contentType: 'image/png' })
      expect((await store.head({ key: 'typed/picture.png' })).contentType).toBe('image/png')
    })

    it('takes an empty object', async () => {
      await store.put({ key: 'empty' }, new Uint8Array(0), { size: 0 })
      expect((await store.head({ key: 'empty' })).size).toBe(0)
      expect(await text('empty')).toBe('')
    })

    it.each([
      ['announced', { size: 9 }],
      ['unknown', {}],
    ])('takes a stream of %s length', async (_, options) => {
      await store.put({ key: 'stream' }, chunks('abc', '', 'def', 'ghi'), options)
      expect(await text('stream')).toBe('abcdefghi')
    })

    it('takes an object of many parts whole', async () => {
      const part = Buffer.alloc(1024 * 1024 + 1, 7)
      await store.put({ key: 'large' }, chunks(...new Array<Buffer>(20).fill(part)))
      expect((await store.head({ key: 'large' })).size).toBe(20 * part.byteLength)
      const answer = await store.get({ key: 'large' }, { range: { start: 19 * part.byteLength } })
      expect(answer.kind === 'object' && (await readAll(answer.body)).equals(part)).toBe(true)
      await store.delete({ key: 'large' })
    })

    it('gives a changed object another version', async () => {
      const first = await store.put({ key: 'changed' }, Buffer.from('one'))
      const second = await store.put({ key: 'changed' }, Buffer.from('two'))
      expect(second.version).not.toBe(first.version)
      expect(await text('changed')).toBe('two')
      expect(await text('changed', { ifNoneMatch: first.version ?? '' })).toBe('two')
      expect(await text('changed', { ifNoneMatch: second.version ?? '' })).toBe('unchanged')
    })

    it.each([
      ['shorter', 'abcd', 5],
      ['longer', 'abcdef', 5],
    ])('does not store a body that is %s than announced', async (how, body, size) => {
      const key = `announced-${how}`
      await store.put({ key }, Buffer.from('before'))
      for (const wrong of [Buffer.from(body), chunks(body)]) {
        await expect(store.put({ key }, wrong, { size })).rejects.toMatchObject({ code: 'bad-parameter' })
      }
      expect(await text(key)).toBe('before')
    })

    it('does not store a large body that breaks off, and hands its error on', async () => {
      const broken = new Error('the sender left')
      async function* body() {
        for (let sent = 0; sent < 18; sent++) yield Buffer.alloc(1024 * 1024)
        throw broken
      }
      await expect(store.put({ key: 'broken/one' }, body())).rejects.toBe(broken)
      await expect(store.head({ key: 'broken/one' })).rejects.toMatchObject({ code: 'object-missing' })
      expect((await store.list('broken/')).entries).toEqual([])
    })

    it('does not store a body whose caller leaves meanwhile', async () => {
      const leaving = new AbortController()
      const reason = new Error('gone')
      async function* body() {
        yield Buffer.from('begin')
        leaving.abort(reason)
        await new Promise(() => undefined)
      }
      await expect(store.put({ key: 'left' }, body(), { signal: leaving.signal })).rejects.toBe(reason)
      await expect(store.head({ key: 'left' })).rejects.toMatchObject({ code: 'object-missing' })
    })

    it.each<[string, GetOptions['range'], string]>([
      ['a middle', { start: 2, end: 4 }, '234'],
      ['an open end', { start: 7 }, '789'],
      ['the first byte', { start: 0, end: 0 }, '0'],
      ['an end beyond the object', { start: 8, end: 100 }, '89'],
    ])('gives a range: %s', async (_, range, expected) => {
      await store.put({ key: 'ranged' }, Buffer.from('0123456789'))
      const answer = await store.get({ key: 'ranged' }, range === undefined ? {} : { range })
      expect(answer.kind === 'object' && answer.head.size).toBe(10)
      expect(answer.kind === 'object' && (await readAll(answer.body)).toString()).toBe(expected)
    })

    it('refuses a range that begins beyond the end', async () => {
      await store.put({ key: 'ranged' }, Buffer.from('0123456789'))
      await expect(store.get({ key: 'ranged' }, { range: { start: 10 } })).rejects.toMatchObject({
        code: 'bad-parameter',
      })
    })

    it('gives up above a limit of bytes', async () => {
      await store.put({ key: 'limited' }, Buffer.from('0123456789'))
      expect(await text('limited', { maxBytes: 10 })).toBe('0123456789')
      await expect(text('limited', { maxBytes: 9 })).rejects.toMatchObject({ code: 'too-large' })
    })

    it('says that an object is missing, and deletes what is missing without complaint', async () => {
      await expect(store.head({ key: 'no/such' })).rejects.toMatchObject({ code: 'object-missing' })
      await expect(store.get({ key: 'no/such' })).rejects.toMatchObject({ code: 'object-missing' })
      await expect(store.delete({ key: 'no/such' })).resolves.toBeUndefined()
      // A folder of the disk is no object.
      await store.put({ key: 'has/child' }, Buffer.from('x'))
      await expect(store.head({ key: 'has' })).rejects.toMatchObject({ code: 'object-missing' })
      await expect(store.delete({ key: 'has' })).resolves.toBeUndefined()
      expect(await text('has/child')).toBe('x')
    })

    it('deletes', async () => {
      await store.put({ key: 'doomed' }, Buffer.from('x'))
      await store.delete({ key: 'doomed' })
      await expect(store.get({ key: 'doomed' })).rejects.toMatchObject({ code: 'object-missing' })
    })

    it.each(ODD_KEYS)('keeps the key %j exactly', async (key) => {
      const body = `body of ${key}`
      if (subject.refuses?.includes(key)) {
        await expect(store.put({ key: `odd/${key}` }, Buffer.from(body))).rejects.toMatchObject({ code: 'key-invalid' })
        return
      }
      await store.put({ key: `odd/${key}` }, Buffer.from(body))
      expect(await text(`odd/${key}`)).toBe(body)
      const { entries } = await store.list(`odd/${key}`)
      expect(entries.map((entry) => entry.key)).toContain(`odd/${key}`)
      await store.delete({ key: `odd/${key}` })
    })

    it.each(REFUSED_KEYS)('refuses the key %j everywhere', async (key) => {
      const refused = { code: 'key-invalid' }
      await expect(store.head({ key })).rejects.toMatchObject(refused)
      await expect(store.get({ key })).rejects.toMatchObject(refused)
      await expect(store.put({ key }, Buffer.from('x'))).rejects.toMatchObject(refused)
      await expect(store.delete({ key })).rejects.toMatchObject(refused)
      if (key !== '') await expect(store.list(key)).rejects.toMatchObject(refused)
    })

    it('lists in ascending order of bytes, page by page', async () => {
      const keys = ['l/a', 'l/a-b', 'l/a/b', 'l/a/c/d', 'l/a0', 'l/b', 'l/z', 'l/é', 'l/\uff5e', 'l/😀'].filter(
        // A disk cannot hold both `a` and `a/b`.
        (key) => key !== 'l/a',
      )
      if (subject.listsByCodeUnits === true) keys.sort()
      for (const key of [...keys].reverse()) await store.put({ key }, Buffer.from(key))
      await store.put({ key: 'm/other' }, Buffer.from('x'))

      const all = await store.list('l/')
      expect(all.more).toBe(false)
      expect(all.entries.map((entry) => entry.key)).toEqual(keys)
      expect(all.entries[0]).toMatchObject({ size: 5, etag: (await store.head({ key: 'l/a-b' })).etag })

      const paged: string[] = []
      for (let more = true; more; ) {
        const after = paged.at(-1)
        const page = await store.list('l/', { limit: 2, ...(after === undefined ? {} : { after }) })
        expect(page.entries.length).toBeLessThanOrEqual(2)
        paged.push(...page.entries.map((entry) => entry.key))
        more = page.more
      }
      expect(paged).toEqual(keys)
    })

    it('lists by any prefix, also one that is no folder', async () => {
      for (const key of ['p/ab/1', 'p/abc', 'p/b']) await store.put({ key }, Buffer.from('x'))
      const keysOf = async (prefix: string) => (await store.list(prefix)).entries.map((entry) => entry.key)
      expect(await keysOf('p/a')).toEqual(['p/ab/1', 'p/abc'])
      expect(await keysOf('p/ab/')).toEqual(['p/ab/1'])
      expect(await keysOf('p/none')).toEqual([])
    })

    it('takes another container by name', async () => {
      const bucket = subject.otherBucket
      await store.put({ key: 'elsewhere.txt', bucket }, Buffer.from('there'))
      expect(await text('elsewhere.txt', {}, bucket)).toBe('there')
      await expect(store.head({ key: 'elsewhere.txt' })).rejects.toMatchObject({ code: 'object-missing' })
      expect((await store.list('', { bucket })).entries.map((entry) => entry.key)).toEqual(['elsewhere.txt'])
      await store.delete({ key: 'elsewhere.txt', bucket })
    })

    it('says that a container is missing', async () => {
      const misconfigured = { code: 'store-misconfigured' }
      await expect(store.get({ key: 'a', bucket: 'no-such-bucket' })).rejects.toMatchObject(misconfigured)
      await expect(store.list('', { bucket: 'no-such-bucket' })).rejects.toMatchObject(misconfigured)
      await expect(store.get({ key: 'a', bucket: '../up' })).rejects.toMatchObject(misconfigured)
    })

    it('stops when the caller has left, and calls a clock a timeout', async () => {
      const reason = new Error('gone')
      const signal = AbortSignal.abort(reason)
      await expect(store.get({ key: 'plain.txt' }, { signal })).rejects.toBe(reason)
      const late = AbortSignal.abort(new DOMException('late', 'TimeoutError'))
      await expect(store.head({ key: 'plain.txt' }, { signal: late })).rejects.toMatchObject({ code: 'source-timeout' })
    })

    it('stops in the middle of a body when the caller leaves', async () => {
      await store.put({ key: 'midway' }, Buffer.alloc(4 * 1024 * 1024))
      const leaving = new AbortController()
      const reason = new Error('gone')
      const answer = await store.get({ key: 'midway' }, { signal: leaving.signal })
      const reading = async () => {
        if (answer.kind === 'object') for await (const _ of answer.body) leaving.abort(reason)
      }
      await expect(reading()).rejects.toBe(reason)
    })

    it('lets a body go unread', async () => {
      await store.put({ key: 'unread' }, Buffer.alloc(4 * 1024 * 1024))
      for (let times = 0; times < 20; times++) {
        const answer = await store.get({ key: 'unread' })
        if (answer.kind === 'object') await discard(answer.body)
      }
      expect((await store.head({ key: 'unread' })).size).toBe(4 * 1024 * 1024)
    })

    it('keeps metadata, or refuses it by name', async () => {
      const put = store.put({ key: 'meta.txt' }, Buffer.from('x'), { metadata: { Title: 'Grüße – "a"', plain: 'b' } })
      if (store.capabilities.metadata) {
        await put
        expect((await store.head({ key: 'meta.txt' })).metadata).toEqual({ title: 'Grüße – "a"', plain: 'b' })
      } else {
        await expect(put).rejects.toMatchObject({
          code: 'store-refused',
          context: { reason: 'not-implemented', option: 'metadata' },
        })
      }
    })

    it('signs URLs that work without credentials, or says that it cannot', async () => {
      if (!store.capabilities.presign) {
        await expect(store.presign({ key: 'a' }, 'GET', 60)).rejects.toMatchObject({ code: 'unsupported' })
        return
      }
      const agent = new Agent()
      const signedPut = subject.signedPut ?? { headers: {}, status: 200 }
      const send = async (method: 'GET' | 'PUT', url: string, body?: string) => {
        const { origin, pathname, search } = new URL(url)
        const headers = method === 'PUT' ? signedPut.headers : {}
        const answer = await agent.request({ origin, path: pathname + search, method, headers, body: body ?? null })
        return { status: answer.statusCode, text: await answer.body.text() }
      }
      const key = 'signed/a b+é.txt'
      const put = await store.presign({ key }, 'PUT', 60)
      expect(put).not.toMatch(/checksum/i)
      expect(await send('PUT', put, 'from outside')).toMatchObject({ status: signedPut.status })
      expect(await send('GET', await store.presign({ key }, 'GET', 60))).toEqual({ status: 200, text: 'from outside' })
      await agent.close()
      await expect(store.presign({ key }, 'GET', 0)).rejects.toMatchObject({ code: 'bad-parameter' })
    })

    it('fails with Faults that name no place of the machine', async () => {
      const fault = await store.get({ key: 'no/such' }).catch((error: unknown) => error)
      expect(fault).toBeInstanceOf(Fault)
      expect(JSON.stringify(fault) + String(fault)).not.toMatch(/tmp|127\.0\.0\.1/)
    })
  })
}

const ODD_KEYS = [
  'with blank.png',
  ' blank first',
  'plus+plus.png',
  'question?mark=1&b.png',
  'hash#tag.png',
  'percent%.png',
  'escaped%20blank%2Fslash.png',
  '%2e%2e/up.png',
  'ümläut/ё/漢字/😀.png',
  "it's (1)!*~.png",
  'a&b=c;d,e@f:g$h.png',
  'quote"<>.png',
  'back\\slash.png',
  '...three',
  'colon:star*.png',
  'tab\tnewline\n.png',
]

const REFUSED_KEYS = [
  '',
  '.',
  '..',
  './a',
  '../a',
  'a/../b',
  'a/./b',
  'a/..',
  'nul\0',
  `${'a/'.repeat(511)}abc`,
  '\ud800',
]

async function* chunks(...parts: readonly (string | Buffer)[]): AsyncGenerator<Uint8Array> {
  for (const part of parts) yield Buffer.from(part)
}
