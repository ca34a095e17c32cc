import { describe, expect, it } from 'vitest'
import type { Catalog, DeclaredProject } from '../../src/catalog/catalog.ts'
import { readConfig } from '../../src/config/config.ts'
import { isFault } from '../../src/faults.ts'
import { onBothDatabases } from './places.ts'

const FILE = 'tintype.yaml'
const PROJECT = `
  id: demo
  keys:
    - { label: A, publicKey: key_a, secret: secret-of-a, allowedHosts: [I.example.com], dialects: [pixboost] }
    - { label: B, publicKey: key_b, secret: secret-of-b }
  connections:
    - { alias: bucket, provider: s3, bucket: pictures, accessKeyId: AKIA, secretAccessKey: very-secret, write: true }
    - { alias: local, provider: folder, path: /pictures }
  pixboost: { cacheSeconds: 60 }
  imagekit: { settings: { quality: 70 } }
`

/** Projects as `main` hands them on: read from a file by the configuration. */
function declare(...projects: string[]): readonly DeclaredProject[] {
  const text = projects.length === 0 ? '' : `projects:\n${projects.map((project) => `- ${project.trim()}`).join('\n')}`
  return readConfig({ text, env: {}, cwd: '/' }).projects
}

async function refusal(call: Promise<unknown>): Promise<string> {
  const error: unknown = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  if (!isFault(error)) throw new Error(`expected a Fault, got ${String(error)}`)
  return `${error.code}: ${error.message}`
}

const aliases = (catalog: Catalog, id = 'demo') => catalog.listConnections(id).map(({ alias }) => alias)

onBothDatabases((places) => {
  const openNew = async () => places.open(await places.place())

  it('lays what a file declares over an empty database', async () => {
    const catalog = await openNew()
    expect(await catalog.applyDeclared(declare(PROJECT), FILE)).toBeGreaterThan(0)
    const project = catalog.directory.project('demo')
    expect(project?.keys).toEqual([
      { label: 'A', publicKey: 'key_a', allowedHosts: ['i.example.com'], dialects: ['pixboost'], declared: true },
      { label: 'B', publicKey: 'key_b', allowedHosts: [], dialects: [], declared: true },
    ])
    expect(project?.connections).toMatchObject([
      { alias: 'bucket', provider: 's3', write: true, declared: true, operator: true },
      { alias: 'local', provider: 'folder', path: '/pictures', declared: true, operator: true },
    ])
    expect(project?.settings.pixboost).toEqual({
      cacheSeconds: 60,
      upstreamErrors: 'mapped',
      saveData: true,
      engineRoutes: false,
    })
    expect(project?.settings.imagekit).toMatchObject({ settings: { quality: 70, autoFormat: true }, endpoints: [] })
    expect(project?.settings.others).not.toHaveProperty('filestack')
    expect(catalog.directory.bySecret('secret-of-b')?.key.publicKey).toBe('key_b')
    const [bucket] = catalog.listConnections('demo')
    expect(bucket && catalog.openSecrets(bucket)).toEqual({ secretAccessKey: 'very-secret' })
  })

  it('changes nothing the second time, in this process or after a restart', async () => {
    const place = await places.place()
    const first = await places.open(place)
    await first.applyDeclared(declare(PROJECT), FILE)
    const { revision } = first
    const generation = first.directory.generation
    expect(await first.applyDeclared(declare(PROJECT), FILE)).toBe(0)
    expect([first.revision, first.directory.generation]).toEqual([revision, generation])
    await first.close()
    const second = await places.open(place)
    expect(await second.applyDeclared(declare(PROJECT), FILE)).toBe(0)
    expect(second.revision).toBe(revision)
  })

  it.each([
    ['a secret of a connection', 'very-secret', 'newer-secret'],
    ['an option of a connection', 'write: true', 'write: false'],
    ['a label', 'label: A', 'label: Z'],
    ['a key secret', 'secret-of-a', 'secret-of-z'],
    ['allowed hosts', 'I.example.com', 'j.example.com'],
    ['dialects', '[pixboost]', '[kraken]'],
    ['a setting', 'cacheSeconds: 60', 'cacheSeconds: 61'],
    ['a setting of another dialect', 'quality: 70', 'quality: 71'],
  ])('notices a change of %s', async (_, from, to) => {
    const catalog = await openNew()
    await catalog.applyDeclared(declare(PROJECT), FILE)
    expect(PROJECT).toContain(from)
    expect(await catalog.applyDeclared(declare(PROJECT.replace(from, to)), FILE)).toBeGreaterThan(0)
    expect(await catalog.applyDeclared(declare(PROJECT.replace(from, to)), FILE)).toBe(0)
  })

  it('keeps the id of a connection and counts its revision up when it changes', async () => {
    const catalog = await openNew()
    await catalog.applyDeclared(declare(PROJECT), FILE)
    const [before, untouched] = catalog.listConnections('demo')
    await catalog.applyDeclared(declare(PROJECT.replace('very-secret', 'newer-secret')), FILE)
    const [after, still] = catalog.listConnections('demo')
    expect(after).toEqual({ ...before, revision: 2 })
    expect(still).toEqual(untouched)
    expect(after && catalog.openSecrets(after)).toEqual({ secretAccessKey: 'newer-secret' })
  })

  it('makes another connection of an alias that becomes another kind of store', async () => {
    const catalog = await openNew()
    await catalog.applyDeclared(declare(PROJECT), FILE)
    const before = catalog.listConnections('demo')[1]
    const web = PROJECT.replace('provider: folder, path: /pictures', 'provider: web, baseUrl: "http://h/a"')
    await catalog.applyDeclared(declare(web), FILE)
    const after = catalog.listConnections('demo')[1]
    expect(after).toMatchObject({ alias: 'local', provider: 'web', baseUrl: 'http://h/a' })
    expect(after?.id).not.toBe(before?.id)
  })

  it('follows the order of the file, what was made by hand comes after', async () => {
    const catalog = await openNew()
    await catalog.createProject('demo')
    await catalog.addConnection('demo', { alias: 'hand', provider: 'web', baseUrl: 'http://h' }, { operator: false })
    await catalog.applyDeclared(declare(PROJECT), FILE)
    expect(aliases(catalog)).toEqual(['bucket', 'local', 'hand'])
    const lines = PROJECT.split('\n')
    const [bucket, local] = [
      lines.findIndex((line) => line.includes('alias: bucket')),
      lines.findIndex((line) => line.includes('alias: local')),
    ]
    const swapped = lines.with(bucket, lines[local] ?? '').with(local, lines[bucket] ?? '')
    await catalog.applyDeclared(declare(swapped.join('\n')), FILE)
    expect(aliases(catalog)).toEqual(['local', 'bucket', 'hand'])
  })

  it('removes what left the file and keeps what was made by hand', async () => {
    const catalog = await openNew()
    await catalog.applyDeclared(declare(PROJECT, 'id: gone\n  keys: [{ publicKey: key_gone }]'), FILE)
    const { key } = await catalog.addKey('demo', { label: 'hand' })
    await catalog.addConnection('demo', { alias: 'hand', provider: 'web', baseUrl: 'http://h' }, { operator: false })

    const less = PROJECT.split('\n').filter((line) => !line.includes('key_b') && !line.includes('alias: local'))
    await catalog.applyDeclared(declare(less.join('\n')), FILE)
    expect(catalog.directory.project('gone')).toBeUndefined()
    expect(catalog.directory.byPublicKey('key_gone')).toBeUndefined()
    expect(catalog.directory.bySecret('secret-of-b')).toBeUndefined()
    expect(catalog.listKeys('demo').map(({ publicKey }) => publicKey)).toEqual(['key_a', key.publicKey])
    expect(aliases(catalog)).toEqual(['bucket', 'hand'])

    await catalog.applyDeclared([], FILE)
    expect(catalog.listKeys('demo')).toEqual([key])
    expect(aliases(catalog)).toEqual(['hand'])
    expect(catalog.directory.project('demo')?.settings.pixboost.cacheSeconds).toBe(2_592_000)
    await catalog.removeProject('demo')
  })

  it('moves a key to another project, and a secret to another key', async () => {
    const catalog = await openNew()
    const one = 'id: one\n  keys: [{ publicKey: k1, secret: first-secret }, { publicKey: k2, secret: second-secret }]'
    await catalog.applyDeclared(declare(one), FILE)
    const two = [
      'id: one\n  keys: [{ publicKey: k1, secret: second-secret }]',
      'id: two\n  keys: [{ publicKey: k2, secret: first-secret }]',
    ]
    await catalog.applyDeclared(declare(...two), FILE)
    expect(catalog.directory.bySecret('second-secret')?.key.publicKey).toBe('k1')
    expect(catalog.directory.bySecret('first-secret')?.project.id).toBe('two')
    expect(catalog.directory.byPublicKey('k2')?.project.id).toBe('two')
  })

  it('has keys without a secret, which nothing finds by secret', async () => {
    const catalog = await openNew()
    await catalog.applyDeclared(declare('id: demo\n  keys: [{ publicKey: open_a }, { publicKey: open_b }]'), FILE)
    expect(catalog.directory.byPublicKey('open_a')?.project.id).toBe('demo')
    expect(catalog.openKeySecret('open_a')).toBeUndefined()
    expect(catalog.directory.bySecret('')).toBeUndefined()
  })

  describe('what is declared is read-only by hand', () => {
    const calls: [string, (catalog: Catalog) => Promise<unknown>][] = [
      ['removing a key', (catalog) => catalog.removeKey('demo', 'key_a')],
      ['changing a key', (catalog) => catalog.updateKey('demo', 'key_a', { label: 'Z' })],
      ['removing a connection', (catalog) => catalog.removeConnection('demo', 'bucket')],
      [
        'changing a connection',
        (catalog) => catalog.updateConnection('demo', 'bucket', { name: 'Z' }, { operator: true }),
      ],
      ['removing the project', (catalog) => catalog.removeProject('demo')],
      ['changing settings', (catalog) => catalog.updateSettings('demo', 'pixboost', { cacheSeconds: 1 })],
    ]
    it.each(calls)('%s is refused, naming the file', async (_, call) => {
      const catalog = await openNew()
      await catalog.applyDeclared(declare(PROJECT), FILE)
      const { revision } = catalog
      expect(await refusal(call(catalog))).toMatch(/^read-only: .* is declared in tintype\.yaml/)
      expect(catalog.revision).toBe(revision)
    })
  })

  describe('a name that the file and a hand both want', () => {
    it('is a conflict for an alias, and nothing of the file is applied', async () => {
      const catalog = await openNew()
      await catalog.createProject('demo')
      await catalog.addConnection('demo', { alias: 'local', provider: 'web', baseUrl: 'http://h' }, { operator: false })
      const { revision } = catalog
      expect(await refusal(catalog.applyDeclared(declare(PROJECT), FILE))).toMatch(/^conflict: .*local.*tintype\.yaml/)
      expect(catalog.revision).toBe(revision)
      expect(aliases(catalog)).toEqual(['local'])
      expect(catalog.listKeys('demo')).toEqual([])
    })

    it('is a conflict for a public key, also of another project', async () => {
      const catalog = await openNew()
      await catalog.createProject('other')
      await catalog.addKey('other', { publicKey: 'key_a' })
      expect(await refusal(catalog.applyDeclared(declare(PROJECT), FILE))).toMatch(/^conflict: .*key_a.*other/)
    })

    it('is a conflict for a secret, which the message does not show', async () => {
      const catalog = await openNew()
      await catalog.createProject('other')
      await catalog.addKey('other', { publicKey: 'mine', secret: 'secret-of-a' })
      const said = await refusal(catalog.applyDeclared(declare(PROJECT), FILE))
      expect(said).toMatch(/^conflict: .*key_a/)
      expect(said).not.toContain('secret-of-a')
    })
  })
})
