import { expect, it } from 'vitest'
import type { ConnectionInput } from '../../src/catalog/catalog.ts'
import { IMAGE_DEFAULTS } from '../../src/catalog/rules.ts'
import { Fault, type FaultCode } from '../../src/faults.ts'
import { nextChange, onBothDatabases } from './places.ts'

const operator = { operator: true }
const tenant = { operator: false }
const bucket: ConnectionInput = {
  alias: 'bucket',
  provider: 's3',
  bucket: 'pictures',
  region: 'us-east-1',
  prefix: '/a/b/',
  accessKeyId: 'AKIA',
  secretAccessKey: 'very-secret',
}

/** What a refused call says. */
async function refusal(call: Promise<unknown>): Promise<{ code: FaultCode; message: string; context: unknown }> {
  const error: unknown = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  if (!(error instanceof Fault)) throw new Error(`expected a Fault, got ${String(error)}`)
  return { code: error.code, message: error.message, context: error.context }
}

onBothDatabases((places) => {
  const openNew = async (options = {}) => {
    const catalog = await places.open(await places.place(), options)
    await catalog.createProject('demo')
    return catalog
  }

  it('starts empty, and a new project has the default settings', async () => {
    const catalog = await places.open(await places.place())
    expect(catalog.listProjects()).toEqual([])
    expect(await catalog.createProject('demo')).toEqual({
      id: 'demo',
      keys: [],
      connections: [],
      settings: {
        pixboost: { cacheSeconds: 2_592_000, upstreamErrors: 'mapped', saveData: true, engineRoutes: false },
        imagekit: { settings: IMAGE_DEFAULTS, endpoints: [], namedTransformations: {} },
        others: {},
      },
    })
  })

  it('refuses a project id that is taken or could not stand in a path', async () => {
    const catalog = await openNew()
    expect(await refusal(catalog.createProject('demo'))).toMatchObject({ code: 'conflict', context: { field: 'id' } })
    expect((await refusal(catalog.createProject('a/b'))).code).toBe('bad-parameter')
  })

  it('keeps settings by dialect, and a setting that was never stored has its default', async () => {
    const catalog = await openNew()
    await catalog.updateSettings('demo', 'pixboost', { cacheSeconds: 5, saveData: false })
    await catalog.updateSettings('demo', 'kraken', { quotaBytes: 7 })
    await catalog.updateSettings('demo', 'kraken', { quotaBytes: 8 })
    expect(catalog.directory.project('demo')?.settings).toEqual({
      pixboost: { cacheSeconds: 5, upstreamErrors: 'mapped', saveData: false, engineRoutes: false },
      imagekit: { settings: IMAGE_DEFAULTS, endpoints: [], namedTransformations: {} },
      others: { kraken: { quotaBytes: 8 } },
    })
  })

  it('removes a project with everything in it', async () => {
    const catalog = await openNew()
    const { key, secret } = await catalog.addKey('demo', {})
    const connection = await catalog.addConnection('demo', bucket, tenant)
    await catalog.removeProject('demo')
    expect(catalog.directory.project('demo')).toBeUndefined()
    expect(catalog.directory.byPublicKey(key.publicKey)).toBeUndefined()
    expect(catalog.directory.bySecret(secret)).toBeUndefined()
    expect(catalog.openSecrets(connection)).toEqual({})
    expect((await refusal(catalog.removeProject('demo'))).code).toBe('not-found')
  })

  it('generates keys in the Pixboost shape with a strong secret, found by either half', async () => {
    const catalog = await openNew()
    const { key, secret } = await catalog.addKey('demo', { label: 'Key 1', allowedHosts: ['I.Example.com', '.b.org'] })
    expect(key).toEqual({
      label: 'Key 1',
      publicKey: key.publicKey,
      allowedHosts: ['i.example.com', '.b.org'],
      dialects: [],
      declared: false,
    })
    // Base64 of a decimal 32-bit number, `=` written `_` (pixboost §3).
    const number = Buffer.from(key.publicKey.replaceAll('_', '='), 'base64').toString()
    expect(number).toMatch(/^[0-9]{1,10}$/)
    expect(Number(number)).toBeLessThan(2 ** 32)
    expect(secret.length).toBeGreaterThanOrEqual(43)

    const project = catalog.directory.project('demo')
    expect(catalog.directory.byPublicKey(key.publicKey)).toEqual({ project, key })
    expect(catalog.directory.bySecret(secret)).toEqual({ project, key })
    expect(catalog.openKeySecret(key.publicKey)).toBe(secret)
    expect(catalog.listKeys('demo')).toEqual([key])
    expect(JSON.stringify(project)).not.toContain(secret)
  })

  it.each([
    ['an empty secret', ''],
    ['an unknown secret', 'nothing'],
    ['a secret that is too long to be one', 'x'.repeat(5000)],
  ])('finds nothing by %s', async (_, secret) => {
    const catalog = await openNew()
    await catalog.addKey('demo', {})
    expect(catalog.directory.bySecret(secret)).toBeUndefined()
  })

  it('takes neither half of a key pair for the other', async () => {
    const catalog = await openNew()
    const { key, secret } = await catalog.addKey('demo', {})
    expect(catalog.directory.bySecret(key.publicKey)).toBeUndefined()
    expect(catalog.directory.byPublicKey(secret)).toBeUndefined()
  })

  it('keeps public keys and secrets unique over all projects', async () => {
    const catalog = await openNew()
    await catalog.createProject('other')
    await catalog.addKey('demo', { publicKey: 'mine', secret: 'my-secret-1' })
    const samePublic = await refusal(catalog.addKey('other', { publicKey: 'mine' }))
    expect(samePublic).toMatchObject({ code: 'conflict', context: { field: 'publicKey' } })
    const sameSecret = await refusal(catalog.addKey('other', { secret: 'my-secret-1' }))
    expect(sameSecret).toMatchObject({ code: 'conflict', context: { field: 'secret' } })
    expect(sameSecret.message).not.toContain('my-secret-1')
    expect(catalog.listKeys('other')).toEqual([])
  })

  it.each([
    ['a reserved path segment', { publicKey: 'img' }],
    ['a public key with a slash', { publicKey: 'a/b' }],
    ['a short secret', { secret: 'short' }],
    ['an allowed host with a scheme', { allowedHosts: ['http://i.example.com'] }],
  ])('refuses %s', async (_, input) => {
    const catalog = await openNew()
    expect(await refusal(catalog.addKey('demo', input))).toMatchObject({
      code: 'bad-parameter',
      context: { field: Object.keys(input)[0] },
    })
  })

  it('changes what a key may, and forgets it at once when it is removed', async () => {
    const catalog = await openNew()
    const { key, secret } = await catalog.addKey('demo', { label: 'old', allowedHosts: ['a.org'] })
    const changed = await catalog.updateKey('demo', key.publicKey, { allowedHosts: ['B.org'], dialects: ['pixboost'] })
    expect(changed).toEqual({ ...key, label: 'old', allowedHosts: ['b.org'], dialects: ['pixboost'] })
    expect(catalog.directory.bySecret(secret)?.key).toEqual(changed)
    await catalog.removeKey('demo', key.publicKey)
    expect(catalog.directory.byPublicKey(key.publicKey)).toBeUndefined()
    expect(catalog.directory.bySecret(secret)).toBeUndefined()
    expect((await refusal(catalog.removeKey('demo', key.publicKey))).code).toBe('not-found')
  })

  it('does not touch a key through another project', async () => {
    const catalog = await openNew()
    await catalog.createProject('other')
    const { key } = await catalog.addKey('demo', {})
    expect((await refusal(catalog.removeKey('other', key.publicKey))).code).toBe('not-found')
    expect((await refusal(catalog.updateKey('other', key.publicKey, {}))).code).toBe('not-found')
    expect(catalog.listKeys('demo')).toEqual([key])
  })

  it('names the limit that is reached', async () => {
    const catalog = await openNew({ limits: { keysPerProject: 1, sourcesPerProject: 1 } })
    await catalog.addKey('demo', {})
    await catalog.addConnection('demo', bucket, tenant)
    const keys = await refusal(catalog.addKey('demo', {}))
    expect(keys).toMatchObject({ code: 'limit-reached', context: { limit: 'keysPerProject', most: 1 } })
    const sources = await refusal(catalog.addConnection('demo', { ...bucket, alias: 'second' }, tenant))
    expect(sources).toMatchObject({ code: 'limit-reached', context: { limit: 'sourcesPerProject', most: 1 } })
    expect(sources.message).toContain('sourcesPerProject')
  })

  it('holds the limit when many ask at once', async () => {
    const place = await places.place()
    const limits = { keysPerProject: 3, sourcesPerProject: 10 }
    const [first, second] = [await places.open(place, { limits }), await places.open(place, { limits })]
    await first.createProject('demo')
    const asked = [first, second, first, second, first, second].map((catalog) => catalog.addKey('demo', {}))
    const outcomes = await Promise.allSettled(asked)
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(3)
    await first.refresh()
    expect(first.listKeys('demo')).toHaveLength(3)
  })

  it('keeps a connection without showing its secrets', async () => {
    const catalog = await openNew()
    const connection = await catalog.addConnection(
      'demo',
      { ...bucket, buckets: ['other'], forcePathStyle: false },
      tenant,
    )
    expect(connection).toEqual({
      id: connection.id,
      revision: 1,
      alias: 'bucket',
      name: '',
      provider: 's3',
      read: true,
      write: false,
      prefix: 'a/b',
      bucket: 'pictures',
      buckets: ['other'],
      region: 'us-east-1',
      forcePathStyle: false,
      accessKeyId: 'AKIA',
      encodeKeys: false,
      operator: false,
      declared: false,
    })
    expect(catalog.listConnections('demo')).toEqual([connection])
    expect(catalog.openSecrets(connection)).toEqual({ secretAccessKey: 'very-secret' })
  })

  it('keeps every field of every kind of connection', async () => {
    const catalog = await openNew()
    const common = {
      name: 'N',
      read: false,
      encodeKeys: true,
      canonicalBaseUrl: 'https://c.org',
      publicBaseUrl: 'https://p.org',
    }
    const folder = await catalog.addConnection(
      'demo',
      { ...common, alias: 'f', provider: 'folder', path: '/p', write: true },
      operator,
    )
    const web = await catalog.addConnection(
      'demo',
      { ...common, alias: 'w', provider: 'web', baseUrl: 'http://h/a/' },
      tenant,
    )
    const azure = await catalog.addConnection(
      'demo',
      {
        ...common,
        alias: 'z',
        provider: 'azure',
        accountName: 'acc',
        accountKey: 'YQ==',
        container: 'images',
        endpoint: 'http://h:1/',
      },
      tenant,
    )
    expect(folder).toMatchObject({ ...common, path: '/p', write: true, operator: true })
    expect(web).toMatchObject({ ...common, baseUrl: 'http://h/a' })
    expect(azure).toMatchObject({ ...common, accountName: 'acc', container: 'images', endpoint: 'http://h:1' })
    expect(catalog.openSecrets(azure)).toEqual({ accountKey: 'YQ==' })
    expect(catalog.listConnections('demo').map(({ alias }) => alias)).toEqual(['f', 'w', 'z'])
  })

  it('changes a connection, keeps what is not mentioned, clears what is null, and counts its revision up', async () => {
    const catalog = await openNew()
    const made = await catalog.addConnection('demo', bucket, tenant)
    const changed = await catalog.updateConnection(
      'demo',
      'bucket',
      { region: 'eu-west-1', bucket: null, secretAccessKey: 'newer' },
      tenant,
    )
    const { bucket: _, ...rest } = made
    expect(changed).toEqual({ ...rest, revision: 2, region: 'eu-west-1' })
    expect(catalog.openSecrets(made)).toEqual({ secretAccessKey: 'newer' })
    await catalog.removeConnection('demo', 'bucket')
    expect(catalog.listConnections('demo')).toEqual([])
    expect((await refusal(catalog.updateConnection('demo', 'bucket', {}, tenant))).code).toBe('not-found')
  })

  it('keeps aliases unique within a project only', async () => {
    const catalog = await openNew()
    await catalog.createProject('other')
    await catalog.addConnection('demo', bucket, tenant)
    await catalog.addConnection('other', bucket, tenant)
    expect(await refusal(catalog.addConnection('demo', bucket, tenant))).toMatchObject({
      code: 'conflict',
      context: { field: 'alias' },
    })
  })

  it("lets only the operator use the machine's role and folders, and change what the operator made", async () => {
    const catalog = await openNew()
    const folder: ConnectionInput = { alias: 'f', provider: 'folder', path: '/p' }
    const role: ConnectionInput = { alias: 'r', provider: 's3', bucket: 'pictures' }
    expect((await refusal(catalog.addConnection('demo', folder, tenant))).code).toBe('bad-parameter')
    expect((await refusal(catalog.addConnection('demo', role, tenant))).code).toBe('bad-parameter')
    await catalog.addConnection('demo', role, operator)
    expect((await refusal(catalog.updateConnection('demo', 'r', { endpoint: 'http://10.0.0.1' }, tenant))).code).toBe(
      'read-only',
    )
    await catalog.addConnection('demo', bucket, tenant)
    expect((await catalog.updateConnection('demo', 'bucket', { name: 'N' }, operator)).operator).toBe(false)
  })

  it('sees a change at once in its own process, and tells listeners the new generation', async () => {
    const catalog = await openNew()
    const before = catalog.directory.generation
    const heard: number[] = []
    const end = catalog.onChange((generation) => heard.push(generation))
    await catalog.addKey('demo', {})
    expect(catalog.directory.generation).toBeGreaterThan(before)
    expect(heard).toEqual([catalog.directory.generation])
    end()
    await catalog.addKey('demo', {})
    expect(heard).toHaveLength(1)
  })

  it('goes on when a listener fails', async () => {
    const catalog = await openNew()
    catalog.onChange(() => {
      throw new Error('listener')
    })
    await catalog.addKey('demo', {})
    expect(catalog.listKeys('demo')).toHaveLength(1)
  })

  it('leaves the snapshot that somebody holds as it is', async () => {
    const catalog = await openNew()
    const held = catalog.directory.project('demo')
    await catalog.addKey('demo', {})
    expect(held?.keys).toEqual([])
  })

  it('sees what another process changes', async () => {
    const place = await places.place()
    const server = await places.open(place, { pollMilliseconds: 10 })
    const other = await places.open(place)
    const changed = nextChange(server)
    await other.createProject('demo')
    await changed
    expect(server.directory.project('demo')?.id).toBe('demo')
    const again = nextChange(server)
    const { key, secret } = await other.addKey('demo', {})
    await again
    expect(server.directory.bySecret(secret)?.key).toEqual(key)
  })

  it('outlives connections that break', async () => {
    const place = await places.place()
    const catalog = await places.open(place, { pollMilliseconds: 10 })
    const { id } = await catalog.createProject('demo')
    await places.disconnect(place)
    expect(catalog.directory.project(id)?.id).toBe(id)
    await catalog.ping()
    await catalog.addKey('demo', {})
    expect(catalog.listKeys('demo')).toHaveLength(1)
  })

  it('can be opened by many processes at once, also the first time', async () => {
    const place = await places.place()
    const catalogs = await Promise.all([1, 2, 3, 4].map(() => places.open(place)))
    await Promise.all(catalogs.map((catalog, index) => catalog.createProject(`project-${index}`)))
    await Promise.all(catalogs.map((catalog) => catalog.refresh()))
    for (const catalog of catalogs) expect(catalog.listProjects()).toHaveLength(4)
  })

  it('finishes what is under way before it closes, and refuses what comes later', async () => {
    const place = await places.place()
    const catalog = await places.open(place)
    await catalog.createProject('demo')
    const adding = [1, 2, 3].map(() => catalog.addKey('demo', {}))
    await catalog.close()
    await Promise.all(adding)
    await expect(catalog.addKey('demo', {})).rejects.toThrow(/closed/)
    expect((await places.open(place)).listKeys('demo')).toHaveLength(3)
  })

  it('finds everything again after it was closed', async () => {
    const place = await places.place()
    const first = await places.open(place)
    await first.createProject('demo')
    const { key, secret } = await first.addKey('demo', { label: 'L' })
    const connection = await first.addConnection('demo', bucket, tenant)
    await first.close()
    const second = await places.open(place)
    expect(second.directory.bySecret(secret)?.key).toEqual(key)
    expect(second.listConnections('demo')).toEqual([connection])
    expect(second.openSecrets(connection)).toEqual({ secretAccessKey: 'very-secret' })
  })
})
