// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the file takes variables in this form
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ConfigError, formatConfigErrors, readConfig } from '../../src/config/config.ts'
import { scalarsOf, variableOf } from '../../src/config/environment.ts'
import { nearest } from '../../src/config/mistakes.ts'
import { configSchema } from '../../src/config/schema.ts'

const FILE = 'tintype.yaml'

function refused(text: string, env: Record<string, string> = {}): ConfigError {
  try {
    readConfig({ text, env, cwd: '/', file: FILE })
  } catch (error) {
    if (error instanceof ConfigError) return error
    throw error
  }
  throw new Error('nothing was refused')
}

const keys = (error: ConfigError) => error.mistakes.map(({ key }) => key)
const project = (rest: string) => `projects:\n- id: demo\n  ${rest}\n`
const connection = (rest: string) => project(`connections: [{ alias: a, ${rest} }]`)

describe('all mistakes', () => {
  const text = `listen: 8080
lisen: x
limits: { frames: -1 }
projects:
  - id: demo
    keys:
      - { publicKey: k1, secret: abc }
      - { publicKey: k1, allowedHosts: ["http://h"] }
    connections:
      - { alias: a.b, provider: s3, region: US }
    imagekit: { mediaLibrary: nothing, settings: { quality: 101 } }
cache: { bucket: { connection: nothing } }
`
  const error = refused(text, { TINTYPE_TRUST_PROXY: 'yes' })

  it('are told at once, in the order of the file', () => {
    expect(error.mistakes.map(({ key, place }) => [key, place])).toEqual([
      ['listen', { line: 1 }],
      ['lisen', { line: 2 }],
      ['limits.frames', { line: 3 }],
      ['projects[0].keys[0].secret', { line: 7 }],
      ['projects[0].keys[1].allowedHosts[0]', { line: 8 }],
      ['projects[0].keys[1].publicKey', { line: 8 }],
      ['projects[0].connections[0].alias', { line: 10 }],
      ['projects[0].connections[0].region', { line: 10 }],
      ['projects[0].imagekit.settings.quality', { line: 11 }],
      ['trustProxy', { variable: 'TINTYPE_TRUST_PROXY' }],
    ])
  })

  it('are printed for a person: place, key, value, expectation', () => {
    const lines = formatConfigErrors(error).split('\n')
    expect(lines[0]).toBe('The configuration has 10 mistakes:')
    expect(lines[1]).toBe(
      '  tintype.yaml:1: listen: received 8080; expected host:port, for instance 127.0.0.1:8080, [::1]:8080 or 0.0.0.0:8080 (write it in quotes)',
    )
    expect(lines[2]).toBe('  tintype.yaml:2: lisen: is not a known key; did you mean listen?')
    expect(lines[3]).toBe('  tintype.yaml:3: limits.frames: received -1; expected a whole number from 1')
    expect(lines.at(-1)).toBe(
      '  environment variable TINTYPE_TRUST_PROXY: trustProxy: received "yes"; expected true or false',
    )
    expect(error.message).toBe(formatConfigErrors(error))
  })
})

describe('a value', () => {
  it.each([
    ['listen', 'listen: localhost'],
    ['listen', 'listen: "127.0.0.1:99999"'],
    ['publicUrl', 'publicUrl: img.example.com'],
    ['publicUrl', 'publicUrl: "https://img.example.com/?a=b"'],
    ['database', 'database: mysql://h/d'],
    ['masterKey', 'masterKey: short'],
    ['previousMasterKeys[0]', 'previousMasterKeys: [short]'],
    ['trustProxy', 'trustProxy: "true"'],
    ['log.level', 'log: { level: loud }'],
    ['limits', 'limits: 5'],
    ['limits', 'limits: [5]'],
    ['limits.frames', 'limits: { frames: 1.5 }'],
    ['limits.frames', 'limits: { frames: 1e99 }'],
    ['limits.frames', 'limits: { frames: "12" }'],
    ['console.host', 'console: { host: "http://h" }'],
    ['projects', 'projects: demo'],
    ['projects[0]', 'projects: [demo]'],
    ['projects[0].id', 'projects: [{ keys: [] }]'],
    ['projects[0].id', 'projects: [{ id: a/b }]'],
    ['projects[0].keys[0].publicKey', project('keys: [{ secret: long-enough }]')],
    ['projects[0].keys[0].publicKey', project('keys: [{ publicKey: img }]')],
    ['projects[0].keys[0].publicKey', project('keys: [{ publicKey: 123456 }]')],
    ['projects[0].keys[0].dialects[0]', project('keys: [{ publicKey: k, dialects: [imgix] }]')],
    ['projects[0].connections[0].alias', project('connections: [{ provider: s3 }]')],
    ['projects[0].connections[0].alias', project('connections: [{ alias: warmup, provider: s3 }]')],
    ['projects[0].connections[0].provider', connection('bucket: abc')],
    ['projects[0].connections[0].provider', connection('provider: gcs')],
    ['projects[0].connections[0].bucket', connection('provider: s3, bucket: A_B')],
    ['projects[0].connections[0].region', connection('provider: s3, region: US East')],
    ['projects[0].connections[0].prefix', connection('provider: s3, prefix: a/../b')],
    ['projects[0].connections[0].endpoint', connection('provider: s3, endpoint: "h:7070"')],
    ['projects[0].connections[0].baseUrl', connection('provider: web, baseUrl: "ftp://h"')],
    ['projects[0].connections[0].baseUrl', connection('provider: web, baseUrl: "http://h/?a=1"')],
    ['projects[0].connections[0].baseUrl', connection('provider: web')],
    ['projects[0].connections[0].path', connection('provider: folder')],
    ['projects[0].connections[0].accountName', connection('provider: azure')],
    ['projects[0].connections[0].container', connection('provider: azure, accountName: acc, container: A')],
    ['projects[0].pixboost.upstreamErrors', project('pixboost: { upstreamErrors: maybe }')],
    ['projects[0].imagekit.settings.png', project('imagekit: { settings: { png: best } }')],
    ['projects[0].imagekit.endpoints[0].origins', project('imagekit: { endpoints: [{ prefix: a, origins: [] }] }')],
    ['projects[0].kraken.s3Endpoint', project('kraken: { s3Endpoint: nowhere }')],
    ['projects[0].compressor.fit', project('compressor: { fit: contain }')],
    ['projects[0].filestack.security', project('filestack: { security: 1 }')],
    ['hosts["not/a/host"]', 'hosts: { not/a/host: { dialect: pixboost, project: demo } }'],
    ['hosts["a.org"].dialect', 'hosts: { a.org: { dialect: imgix, project: demo } }'],
  ])('%s is refused in %j, and nothing else is', (key, text) => {
    expect(keys(refused(text))).toEqual([key])
  })

  it('that is missing from the environment is named', () => {
    const [mistake] = refused('masterKey: ${NOT_THERE}').mistakes
    expect(mistake).toMatchObject({ key: 'masterKey', expected: 'the environment variable NOT_THERE is not set' })
  })
})

describe('an unknown key', () => {
  it.each([
    ['datadir: x', 'did you mean dataDir?'],
    ['limits: { source_bytes: 1 }', 'did you mean sourceBytes?'],
    [connection('provider: s3, secretAccesKey: x'), 'did you mean secretAccessKey?'],
    [connection('provider: folder, path: /p, region: x'), 'a key of s3 connections, not of folder ones'],
    [project('gallery: x'), 'known keys are id, keys, connections, pixboost'],
  ])('in %j: %s', (text, hint) => {
    const [mistake, ...others] = refused(text).mistakes
    expect(others).toEqual([])
    expect(mistake?.expected).toContain(hint)
  })

  it.each(['__proto__: { listen: x }', 'constructor: x', 'limits: { toString: 1 }'])('is %s too', (text) => {
    expect(refused(text).mistakes[0]?.expected).toContain('is not a known key')
    expect(Object.hasOwn(Object.prototype, 'listen')).toBe(false)
  })

  it('gets no suggestion when nothing is near', () => {
    expect(nearest('gallery', ['listen', 'dataDir'])).toBeUndefined()
    expect(nearest('x'.repeat(100_000), ['listen'])).toBeUndefined()
  })
})

describe('values that contradict each other', () => {
  const two =
    'connections: [{ alias: a, provider: s3 }, { alias: w, provider: folder, path: /w, write: true, read: false }]'
  it.each([
    ['projects[1].id', 'projects: [{ id: a }, { id: a }]', 'taken by projects[0].id'],
    ['projects[0].keys[1].publicKey', project('keys: [{ publicKey: k }, { publicKey: k }]'), 'taken by'],
    [
      'projects[1].keys[0].publicKey',
      'projects: [{ id: a, keys: [{ publicKey: k }] }, { id: b, keys: [{ publicKey: k }] }]',
      'taken by',
    ],
    [
      'projects[0].keys[1].secret',
      project('keys: [{ publicKey: k, secret: same-secret }, { publicKey: l, secret: same-secret }]'),
      'taken by',
    ],
    [
      'projects[0].connections[1].alias',
      project('connections: [{ alias: a, provider: s3 }, { alias: a, provider: s3 }]'),
      'taken by',
    ],
    [
      'projects[0].keys',
      `limits: { keysPerProject: 1 }\n${project('keys: [{ publicKey: k }, { publicKey: l }]')}`,
      'limits.keysPerProject',
    ],
    [
      'projects[0].connections',
      `limits: { sourcesPerProject: 0 }\n${connection('provider: s3')}`,
      'limits.sourcesPerProject',
    ],
    ['projects[0].connections[0].secretAccessKey', connection('provider: s3, accessKeyId: AKIA'), 'belong together'],
    [
      'projects[0].connections[0].write',
      connection('provider: web, baseUrl: "http://h", write: true'),
      'cannot be written',
    ],
    [
      'projects[0].imagekit.endpoints[0].origins[0]',
      project(`${two}\n  imagekit: { endpoints: [{ origins: [b] }] }`),
      'no such connection',
    ],
    [
      'projects[0].imagekit.endpoints[0].origins[0]',
      project(`${two}\n  imagekit: { endpoints: [{ origins: [w] }] }`),
      'read: false',
    ],
    [
      'projects[0].imagekit.endpoints[1].prefix',
      project(`${two}\n  imagekit: { endpoints: [{ origins: [a] }, { origins: [a] }] }`),
      'endpoint prefix is taken',
    ],
    ['projects[0].imagekit.mediaLibrary', project(`${two}\n  imagekit: { mediaLibrary: a }`), 'write: false'],
    ['projects[0].filestack.stores.S3', project(`${two}\n  filestack: { stores: { S3: a } }`), 'write: false'],
    ['projects[0].filestack.stores.S3', project(`${two}\n  filestack: { stores: { S3: b } }`), 'no such connection'],
    [
      'projects[0].filestack.aliases.x.connection',
      project(`${two}\n  filestack: { aliases: { x: { connection: b } } }`),
      'no such connection',
    ],
    ['cache.bucket.connection', `cache: { bucket: { connection: b } }\n${project(two)}`, 'no such connection'],
    ['cache.bucket.connection', `cache: { bucket: { connection: a } }\n${project(two)}`, 'write: false'],
    ['cache.bucket.project', `cache: { bucket: { connection: w, project: x } }\n${project(two)}`, 'no such project'],
    [
      'cache.bucket.connection',
      `cache: { bucket: { connection: w } }\n${project(two)}- id: other\n  ${two}`,
      'cache.bucket.project',
    ],
    ['hosts["a.org"].endpoint', 'hosts: { a.org: { dialect: pixboost, project: demo, endpoint: x } }', 'only imagekit'],
    [
      'hosts["a.org"].endpoint',
      `hosts: { a.org: { dialect: imagekit, project: demo, endpoint: x } }\n${project('keys: []')}`,
      'no such endpoint',
    ],
    [
      'hosts["a.org"].dialect',
      `hosts: { a.org: { dialect: filestack, project: demo } }\n${project('keys: []')}`,
      'no filestack section',
    ],
    [
      'hosts["A.org"]',
      'hosts: { a.org: { dialect: kraken, project: p }, A.org: { dialect: kraken, project: p } }',
      'taken by',
    ],
    ['hosts["a.org"]', 'console: { host: A.org }\nhosts: { a.org: { dialect: kraken, project: p } }', 'console.host'],
  ])('%s', (key, text, says) => {
    const { mistakes } = refused(text)
    expect(mistakes.map((mistake) => mistake.key)).toEqual([key])
    expect(mistakes[0]?.expected).toContain(says)
  })

  it('suggests the connection that was meant', () => {
    const text = project(
      'connections: [{ alias: pictures, provider: s3 }]\n  imagekit: { endpoints: [{ origins: [picturs] }] }',
    )
    expect(refused(text).mistakes[0]?.expected).toContain('did you mean pictures?')
  })

  it('does not call a reference wrong whose connection has a mistake of its own', () => {
    const text = project('connections: [{ alias: a.b, provider: s3 }]\n  imagekit: { endpoints: [{ origins: [ab] }] }')
    expect(keys(refused(text))).toEqual(['projects[0].connections[0].alias'])
  })
})

describe('YAML that is none', () => {
  it.each([
    ['a: [', 1],
    ['listen: a\n\tb: c', 2],
    ['listen: a\nlisten: b', 2],
    ['listen: *nothing', 1],
    ['listen: !!binary x', 1],
    ['a: 1\n---\nb: 2', 2],
  ])('%j is refused', (text) => {
    const error = refused(text)
    expect(error.mistakes.length).toBeGreaterThan(0)
    expect(error.message).toMatch(/tintype\.yaml:[0-9]+: /)
  })

  it('that multiplies by aliases is refused before it fills the memory', () => {
    const lines = Array.from({ length: 20 }, (_, level) => `a${level + 1}: &a${level + 1} [${`*a${level},`.repeat(9)}]`)
    expect(refused(`a0: &a0 [x]\n${lines.join('\n')}`).message).toMatch(/not valid YAML/)
  })

  it('whatever the text: a configuration or every mistake, never another error', () => {
    const words = [
      'listen',
      'projects',
      'limits',
      ':',
      ': ',
      '\n',
      '\n  ',
      '- ',
      '[',
      ']',
      '{',
      '}',
      '${',
      '}',
      '"',
      '&a',
      '*a',
      '1',
      '!',
      '#',
      '|',
      '\0',
      '\u{1F600}',
    ]
    const text = fc
      .array(fc.oneof(fc.constantFrom(...words), fc.string()), { maxLength: 30 })
      .map((parts) => parts.join(''))
    fc.assert(
      fc.property(text, (written) => {
        try {
          readConfig({ text: written, env: {}, cwd: '/' })
        } catch (error) {
          expect(error).toBeInstanceOf(ConfigError)
        }
      }),
    )
  })

  it('whatever the environment holds: a configuration or every mistake, never another error', () => {
    const variables = scalarsOf(configSchema.properties).map(variableOf)
    const values = fc.oneof(fc.constantFrom('true', '5', '-1', '1e9', 'sqlite', '${X}', ':1'), fc.string())
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom(...variables), values), (env) => {
        try {
          readConfig({ text: '', env, cwd: '/' })
        } catch (error) {
          expect(error).toBeInstanceOf(ConfigError)
        }
      }),
    )
  })

  it('whatever the values: a configuration or every mistake, never another error', () => {
    const names = [
      'listen',
      'limits',
      'frames',
      'projects',
      'id',
      'keys',
      'connections',
      'provider',
      'alias',
      'imagekit',
      'endpoints',
      'origins',
      'hosts',
      'cache',
      'bucket',
      'filestack',
      'stores',
      '__proto__',
    ]
    const { tree } = fc.letrec((tie) => ({
      tree: fc.oneof(
        { maxDepth: 5 },
        fc.constantFrom('s3', 'folder', 'demo', '', null, true, 5, -1.5, '${X}'),
        fc.array(tie('tree'), { maxLength: 3 }),
        fc.dictionary(fc.constantFrom(...names), tie('tree'), { maxKeys: 4 }),
      ),
    }))
    fc.assert(
      fc.property(tree, (written) => {
        try {
          readConfig({ text: JSON.stringify(written) ?? '', env: {}, cwd: '/' })
        } catch (error) {
          expect(error).toBeInstanceOf(ConfigError)
        }
      }),
    )
  })
})

describe('secrets', () => {
  const SECRET = 'pa ss-word'
  it.each([
    ['masterKey', `masterKey: ${SECRET}`],
    ['previousMasterKeys', `previousMasterKeys: [${SECRET}]`],
    ['a key secret', project(`keys: [{ publicKey: k, secret: ${SECRET} }]`)],
    ['secretAccessKey', connection(`provider: s3, accessKeyId: A, secretAccessKey: ${SECRET}`)],
    ['accountKey', connection(`provider: azure, accountName: acc, accountKey: ${SECRET}`)],
    ['the password of a database', `database: "postgres://u:${SECRET}@ h/d"`],
    ['a text where a key pair belongs', project(`keys: [${SECRET}]`)],
    ['a text where a list belongs', project(`keys: ${SECRET}`)],
    ['a value under a mistyped key', connection(`provider: s3, secretAccesKey: ${SECRET}`)],
  ])('%s is not shown', (_, text) => {
    const { message } = refused(text)
    expect(message).not.toContain('ss-word')
  })

  it('are not shown when they come from the environment, nor when two are the same', () => {
    expect(refused('', { TINTYPE_MASTER_KEY: 'pa-ss-word' }).message).not.toContain('ss-word')
    const text = project('keys: [{ publicKey: k, secret: "${S}" }, { publicKey: l, secret: "${S}" }]')
    const { message } = refused(text, { S: 'pa-ss-word' })
    expect(message).toContain('projects[0].keys[1].secret')
    expect(message).not.toContain('ss-word')
  })
})
