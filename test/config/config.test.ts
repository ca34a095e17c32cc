// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the file takes variables in this form
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ConfigError, listenAddress, loadConfig, readConfig } from '../../src/config/config.ts'

const read = (text: string, env: Record<string, string> = {}) => readConfig({ text, env, cwd: '/here' })

describe('without a file and without variables', () => {
  it('every key has the documented default', () => {
    expect(read('')).toEqual({
      listen: '127.0.0.1:8080',
      dataDir: '/here/data',
      database: 'sqlite',
      previousMasterKeys: [],
      trustProxy: false,
      log: { level: 'info' },
      network: { allowPrivate: false },
      limits: {
        sourceBytes: 268_435_456,
        uploadBytes: 5_368_709_120,
        inputPixels: 100_000_000,
        outputPixels: 100_000_000,
        frames: 500,
        requestTimeoutSeconds: 30,
        sourcesPerProject: 10,
        keysPerProject: 10,
      },
      cache: { memoryBytes: 268_435_456, diskBytes: 10_737_418_240, revalidateSeconds: 300 },
      console: { host: '' },
      hosts: {},
      projects: [],
    })
  })

  it('a project that only has an id has every section but filestack', () => {
    expect(read('projects: [{ id: demo }]').projects).toEqual([
      {
        id: 'demo',
        keys: [],
        connections: [],
        pixboost: { cacheSeconds: 2_592_000, upstreamErrors: 'mapped', saveData: true, engineRoutes: false },
        imagekit: {
          settings: {
            autoFormat: true,
            autoAvif: false,
            quality: 80,
            keepMetadata: 'none',
            autoOrient: true,
            chroma420: false,
            png: 'maximum',
            dataSaver: false,
            maxWidth: 0,
            maxHeight: 0,
            restrictUnsigned: false,
            restrictUnnamed: false,
            unknownParameters: 'refuse',
          },
          endpoints: [],
          namedTransformations: {},
        },
        kraken: { quotaBytes: 0, s3Endpoint: '' },
        compressor: { fit: 'cover' },
      },
    ])
  })

  it('an empty filestack section counts as one', () => {
    const text = 'projects: [{ id: demo, filestack: {} }]'
    expect(read(text).projects[0]?.filestack).toEqual({
      security: false,
      stores: {},
      aliases: {},
      directUploads: 'auto',
    })
  })

  it.each(['', '# nothing\n', 'projects:\n', 'limits:\nprojects:\nhosts:\n', '{}', '---\n'])(
    'a key with nothing behind it is a key left out: %j',
    (text) => expect(read(text)).toEqual(read('')),
  )
})

describe('the environment', () => {
  it('goes before the file', () => {
    expect(read('listen: 127.0.0.1:1', { TINTYPE_LISTEN: '0.0.0.0:2' }).listen).toBe('0.0.0.0:2')
  })

  it('reaches every scalar by one rule, as text, number or switch', () => {
    const config = read('limits: { frames: 3 }', {
      TINTYPE_PUBLIC_URL: 'https://img.example.com/',
      TINTYPE_DATABASE: 'postgres://u:p@h/d',
      TINTYPE_TRUST_PROXY: 'true',
      TINTYPE_LOG_LEVEL: 'debug',
      TINTYPE_NETWORK_ALLOW_PRIVATE: 'true',
      TINTYPE_LIMITS_SOURCE_BYTES: '1000',
      TINTYPE_CACHE_MEMORY_BYTES: '0',
      TINTYPE_CONSOLE_HOST: 'Admin.example.com',
    })
    expect(config).toMatchObject({
      publicUrl: 'https://img.example.com',
      database: 'postgres://u:p@h/d',
      trustProxy: true,
      log: { level: 'debug' },
      network: { allowPrivate: true },
      limits: { sourceBytes: 1000, frames: 3 },
      cache: { memoryBytes: 0 },
      console: { host: 'admin.example.com' },
    })
  })

  it('makes the optional third cache level out of variables alone', () => {
    const text = 'projects: [{ id: demo, connections: [{ alias: results, provider: folder, path: /r, write: true }] }]'
    const config = read(text, { TINTYPE_CACHE_BUCKET_CONNECTION: 'results' })
    expect(config.cache.bucket).toEqual({ connection: 'results', project: 'demo', prefix: 'cache' })
  })

  it('counts an empty variable as absent, and leaves those of others alone', () => {
    expect(read('', { TINTYPE_LISTEN: '', TINTYPE_PORT: 'tcp://10.0.0.1:80' })).toEqual(read(''))
  })

  it('is taken into texts by ${NAME}, also for numbers and switches, in keys of projects too', () => {
    const text = `
limits: { frames: "\${FRAMES}" }
trustProxy: \${TRUST}
projects:
  - id: demo
    keys: [{ publicKey: "public_\${STAGE}", secret: "\${SECRET}", label: "$\${STAGE}" }]
`
    const config = read(text, { FRAMES: '12', TRUST: 'true', STAGE: 'test', SECRET: 'secret-of-test' })
    expect(config.limits.frames).toBe(12)
    expect(config.trustProxy).toBe(true)
    expect(config.projects[0]?.keys[0]).toMatchObject({
      publicKey: 'public_test',
      secret: 'secret-of-test',
      label: '${STAGE}',
    })
  })

  it('does not read what a variable holds as a reference again', () => {
    const text = 'projects: [{ id: demo, keys: [{ publicKey: k, label: "${A}" }] }]'
    expect(read(text, { A: '${B}', B: 'b' }).projects[0]?.keys[0]?.label).toBe('${B}')
  })
})

describe('one spelling comes out', () => {
  const connection = (written: string) =>
    read(`projects: [{ id: demo, connections: [${written}] }]`).projects[0]?.connections[0]

  it('of prefixes, where / means the root', () => {
    expect(connection('{ alias: a, provider: s3, prefix: /a/b/ }')?.prefix).toBe('a/b')
    expect(connection('{ alias: a, provider: s3, prefix: / }')?.prefix).toBe('')
  })

  it('of URLs, without slashes at the end', () => {
    expect(connection('{ alias: a, provider: web, baseUrl: "http://h/a/" }')).toMatchObject({ baseUrl: 'http://h/a' })
    expect(
      connection('{ alias: a, provider: s3, endpoint: "http://h:1/", publicBaseUrl: "https://c/" }'),
    ).toMatchObject({
      endpoint: 'http://h:1',
      publicBaseUrl: 'https://c',
    })
  })

  it('of hosts, in lower case', () => {
    const text = 'hosts: { IMG.Example.com: { dialect: pixboost, project: demo } }'
    expect(Object.keys(read(text).hosts)).toEqual(['img.example.com'])
    const key = 'projects: [{ id: demo, keys: [{ publicKey: k, allowedHosts: [I.Example.com] }] }]'
    expect(read(key).projects[0]?.keys[0]?.allowedHosts).toEqual(['i.example.com'])
  })
})

describe('the file', () => {
  let folder = ''
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tintype-config-'))
    await mkdir(join(folder, 'etc'))
    await writeFile(join(folder, 'etc', 'tintype.yaml'), 'listen: 127.0.0.1:1\ndataDir: ./kept\n')
  })
  afterEach(() => rm(folder, { recursive: true, force: true }))

  it('is ./tintype.yaml when there is one', async () => {
    expect(loadConfig({ env: {}, cwd: folder }).listen).toBe('127.0.0.1:8080')
    await writeFile(join(folder, 'tintype.yaml'), 'listen: 127.0.0.1:2')
    expect(loadConfig({ env: {}, cwd: folder }).listen).toBe('127.0.0.1:2')
  })

  it('is what TINTYPE_CONFIG names, or what the caller names before it', async () => {
    const env = { TINTYPE_CONFIG: 'etc/tintype.yaml' }
    expect(loadConfig({ env, cwd: folder }).listen).toBe('127.0.0.1:1')
    await writeFile(join(folder, 'other.yaml'), 'listen: 127.0.0.1:3')
    expect(loadConfig({ env, cwd: folder, path: 'other.yaml' }).listen).toBe('127.0.0.1:3')
  })

  it('is where its relative folders begin; those of the environment and the defaults begin where the server starts', async () => {
    const env = { TINTYPE_CONFIG: 'etc/tintype.yaml' }
    expect(loadConfig({ env, cwd: folder }).dataDir).toBe(join(folder, 'etc', 'kept'))
    expect(loadConfig({ env: { ...env, TINTYPE_DATA_DIR: 'moved' }, cwd: folder }).dataDir).toBe(join(folder, 'moved'))
    const text = 'projects: [{ id: demo, connections: [{ alias: a, provider: folder, path: pictures }] }]'
    await writeFile(join(folder, 'etc', 'tintype.yaml'), text)
    const config = loadConfig({ env, cwd: folder })
    expect(config.dataDir).toBe(join(folder, 'data'))
    expect(config.projects[0]?.connections[0]).toMatchObject({ path: join(folder, 'etc', 'pictures') })
  })

  it('must be there when it was named, and be readable', () => {
    for (const path of ['missing.yaml', 'etc']) {
      expect(() => loadConfig({ env: {}, cwd: folder, path })).toThrow(ConfigError)
    }
    expect(() => loadConfig({ env: { TINTYPE_CONFIG: 'missing.yaml' }, cwd: folder })).toThrow(
      /missing\.yaml.*cannot be read/,
    )
  })

  it('is refused unread when it is absurdly large', async () => {
    await writeFile(join(folder, 'tintype.yaml'), '#'.repeat(4 * 1024 * 1024 + 1))
    expect(() => loadConfig({ env: {}, cwd: folder })).toThrow(/at most 4194304 bytes/)
  })
})

describe('the address to listen on', () => {
  it.each([
    ['127.0.0.1:8080', { host: '127.0.0.1', port: 8080 }],
    ['[::1]:80', { host: '::1', port: 80 }],
    [':0', { host: undefined, port: 0 }],
  ])('%s', (listen, address) => expect(listenAddress(read('', { TINTYPE_LISTEN: listen }).listen)).toEqual(address))
})
