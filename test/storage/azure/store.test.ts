import { Agent } from 'undici'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { Fault } from '../../../src/faults.ts'
import { createAgents } from '../../../src/storage/agents.ts'
import { readPage } from '../../../src/storage/azure/list.ts'
import { blobSignature } from '../../../src/storage/azure/sign.ts'
import { createAzureStore } from '../../../src/storage/azure/store.ts'
import { readAll } from '../../../src/storage/body.ts'
import { createGuard } from '../../../src/storage/guard.ts'
import { missing } from '../../support/skips.ts'
import { type AzureSubject, startAzure } from './subject.ts'

describe.skipIf(missing('azurite'))('azure', () => {
  let azure: AzureSubject
  beforeAll(async () => {
    azure = await startAzure()
  })
  afterEach(() => azure.proxy.reset())
  afterAll(() => azure?.stop())

  it('writes a blob with everything that Azure has a place for', async () => {
    const store = azure.store()
    await store.put({ key: 'whole.txt' }, Buffer.from('x'), {
      contentType: 'text/plain',
      contentEncoding: 'identity',
      contentLanguage: 'de',
      contentDisposition: 'attachment; filename="a.txt"',
      cacheControl: 'max-age=60',
      storageClass: 'Cool',
      metadata: { title: 'Grüße' },
      tags: { colour: 'red = blue' },
    })
    const [put] = azure.proxy.requests
    expect(put?.headers).toMatchObject({
      'x-ms-blob-type': 'BlockBlob',
      'x-ms-access-tier': 'Cool',
      'x-ms-tags': 'colour=red%20%3D%20blue',
    })
    await store.head({ key: 'whole.txt' })
    expect(azure.proxy.requests.at(-1)?.answered).toMatchObject({
      'content-type': 'text/plain',
      'content-language': 'de',
      'content-disposition': 'attachment; filename="a.txt"',
      'cache-control': 'max-age=60',
      'x-ms-access-tier': 'Cool',
      'x-ms-tag-count': '1',
    })
  })

  it.each([
    ['acl', { acl: 'private' }, 'store-refused'],
    ['expires', { expires: new Date(0) }, 'store-refused'],
    ['metadata', { metadata: { 'two-words': 'x' } }, 'bad-parameter'],
    ['storageClass', { storageClass: 'Lukewarm' }, 'store-refused'],
    ['tags', { tags: Object.fromEntries(Array.from({ length: 11 }, (_, at) => [`t${at}`, 'x'])) }, 'bad-parameter'],
  ])('refuses %s by name where Azure cannot take it', async (option, options, code) => {
    const put = azure.store().put({ key: 'refused' }, Buffer.from('x'), options)
    await expect(put).rejects.toMatchObject({ code, context: { option } })
    await expect(azure.store().head({ key: 'refused' })).rejects.toMatchObject({ code: 'object-missing' })
  })

  it('stores a large body in blocks that become one blob at the end', async () => {
    const bytes = Buffer.alloc(20 * 1024 * 1024, 5)
    await azure.store().put({ key: 'blocks' }, bytes, { contentType: 'image/png' })
    const queries = azure.proxy.requests.map(({ target }) => /comp=(\w+)/.exec(target)?.[1])
    expect(queries).toEqual(['block', 'block', 'block', 'blocklist'])
    expect(await azure.store().head({ key: 'blocks' })).toMatchObject({
      size: bytes.byteLength,
      contentType: 'image/png',
    })
  })

  it('tries again when the store is busy or the connection breaks', async () => {
    const store = azure.store()
    azure.proxy.rule({ effect: { kind: 'error', status: 503, code: 'ServerBusy' }, count: 1 })
    azure.proxy.rule({ effect: { kind: 'reset' }, count: 1 })
    await store.put({ key: 'busy' }, Buffer.from('x'))
    expect(azure.proxy.requests).toHaveLength(3)
    expect((await store.head({ key: 'busy' })).size).toBe(1)
  })

  it('says when a body breaks off', async () => {
    await azure.store().put({ key: 'cut' }, Buffer.alloc(200_000))
    azure.proxy.rule({ method: 'GET', effect: { kind: 'truncate', bytes: 1000 } })
    const answer = await azure.store().get({ key: 'cut' })
    const reading = answer.kind === 'object' ? readAll(answer.body) : Promise.resolve()
    await expect(reading).rejects.toMatchObject({ code: 'source-unreachable' })
  })

  it('calls a wrong key misconfigured, and repeats nothing of what the store says', async () => {
    const wrong = azure.store({ accountKey: Buffer.from('wrong').toString('base64') })
    const fault = await wrong.get({ key: 'a' }).catch((error: unknown) => error)
    expect(fault).toMatchObject({ code: 'store-misconfigured', context: { status: 403 } })
    expect(JSON.stringify(fault) + String(fault)).not.toContain('Header')
  })

  it('works with a shared access signature, which cannot sign further URLs', async () => {
    await azure.store().put({ key: 'shared' }, Buffer.from('seen'))
    const { accountKey, accountName, container, ...rest } = azure.config
    const account = { name: accountName, key: Buffer.from(accountKey, 'base64') }
    const query = blobSignature(account, { container, key: 'shared' }, 'r', new Date(Date.now() + 60_000))
    const sasToken = `?${new URLSearchParams(query)}`
    const store = createAzureStore({ ...rest, accountName, container, sasToken }, azure.agents)
    const answer = await store.get({ key: 'shared' })
    expect(answer.kind === 'object' && (await readAll(answer.body)).toString()).toBe('seen')
    await expect(store.put({ key: 'shared' }, Buffer.from('x'))).rejects.toMatchObject({ code: 'access-denied' })
    await expect(store.presign({ key: 'shared' }, 'GET', 60)).rejects.toMatchObject({ code: 'unsupported' })
    expect(store.capabilities.presign).toBe(false)
  })

  it('signs URLs for one blob only', async () => {
    await azure.store().put({ key: 'mine' }, Buffer.from('mine'))
    await azure.store().put({ key: 'other' }, Buffer.from('other'))
    const url = new URL(await azure.store().presign({ key: 'mine' }, 'GET', 60))
    const agent = new Agent()
    const asked = (path: string) => agent.request({ origin: url.origin, path: path + url.search, method: 'GET' })
    const other = await asked(url.pathname.replace('mine', 'other'))
    await other.body.dump()
    expect(other.statusCode).toBe(403)
    await agent.close()
  })

  it('never reaches a private address for a caller', async () => {
    await expect(azure.store({ guarded: true }).head({ key: 'a' })).rejects.toMatchObject({ code: 'address-forbidden' })
    expect(azure.proxy.requests).toEqual([])
  })
})

describe('the configuration of an Azure store', () => {
  const agents = createAgents(createGuard({ allowPrivate: false }))
  afterAll(() => agents.close())

  it.each([
    ['no credentials', { accountName: 'account' }],
    ['a key that is not base64', { accountName: 'account', accountKey: 'no key!' }],
    ['a signature without sig', { accountName: 'account', sasToken: '?sv=2021' }],
    ['an account that would be another host', { accountName: 'evil.example.com/', accountKey: 'YQ==' }],
    ['an endpoint that is no URL', { accountName: 'account', accountKey: 'YQ==', endpoint: 'ftp://x' }],
  ])('is refused with %s', (_, config) => {
    expect(() => createAzureStore({ provider: 'azure', guarded: true, ...config }, agents)).toThrow(Fault)
  })

  it('means Azure itself without an endpoint', async () => {
    const store = createAzureStore(
      { provider: 'azure', accountName: 'account', accountKey: 'YQ==', container: 'pictures', guarded: true },
      agents,
    )
    expect(await store.presign({ key: 'a b.png' }, 'GET', 60)).toMatch(
      /^https:\/\/account\.blob\.core\.windows\.net\/pictures\/a%20b\.png\?sv=/,
    )
  })
})

describe('a listing of Azure', () => {
  it('is read with escaped names, entities and unquoted ETags', () => {
    const xml = `<?xml version="1.0"?><EnumerationResults><Blobs>
      <Blob><Name>a&amp;b&#x20;&lt;</Name><Properties><Content-Length>3</Content-Length><Etag>0x1</Etag></Properties></Blob>
      <Blob><Name Encoded="true">tab%09</Name><Properties><Content-Length>0</Content-Length><Etag>"0x2"</Etag></Properties></Blob>
      </Blobs><NextMarker>2!76&amp;</NextMarker></EnumerationResults>`
    expect(readPage(xml)).toEqual({
      entries: [
        { key: 'a&b <', size: 3, lastModified: undefined, etag: '"0x1"' },
        { key: 'tab\t', size: 0, lastModified: undefined, etag: '"0x2"' },
      ],
      marker: '2!76&',
    })
  })

  it('is refused when it is something else', () => {
    expect(() => readPage('<html></html>')).toThrow('listing')
  })
})
