import { readdir } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { commandLine } from './line.ts'

const { run, folder } = commandLine()

describe('the command line', () => {
  it('says what it can do, with examples', async () => {
    const { status, out } = await run(['connection', 'add', '--help'])
    expect(status).toBe(0)
    expect(out).toContain('Examples:')
  })

  it('tells its version', async () => expect((await run(['--version'])).out).toBe('1.2.3\n'))

  it('ends with 2 on wrong usage', async () => {
    expect((await run(['frobnicate'])).status).toBe(2)
    expect((await run(['connection', 'remove'])).status).toBe(2)
    expect((await run(['key', 'add', '--dialect', 'klingon'])).status).toBe(2)
  })

  it('serves with the configuration that is named', async () => {
    expect((await run(['serve', '--config', 'my.yaml'])).out).toBe('serving my.yaml')
  })

  it('asks which project is meant only when there are several', async () => {
    expect(await run(['key', 'list'])).toMatchObject({ status: 1, err: expect.stringContaining('no project yet') })
    await run(['key', 'add', '--project', 'shop'])
    expect((await run(['key', 'list'])).status).toBe(0)
    await run(['key', 'add', '--project', 'blog'])
    expect(await run(['key', 'list'])).toMatchObject({ status: 1, err: expect.stringMatching(/--project: .*blog/) })
    expect(await run(['key', 'list', '--project', 'none'])).toMatchObject({
      status: 1,
      err: expect.stringContaining('none'),
    })
  })
})

describe('tintype key', () => {
  it('shows a secret once, when it is made, and never again', async () => {
    const made = JSON.parse((await run(['key', 'add', '--project', 'shop', '--label', 'Web', '--json'])).out)
    expect(made).toMatchObject({ project: 'shop', label: 'Web', secret: expect.any(String) })
    const { out } = await run(['key', 'list', '--json'])
    expect(JSON.parse(out)).toMatchObject([{ publicKey: made.publicKey, label: 'Web' }])
    expect(out).not.toContain(made.secret)
  })

  it('takes several hosts and APIs', async () => {
    const { out } = await run([
      'key',
      'add',
      '-p',
      'shop',
      '--allow-host',
      'i.example.com',
      '.example.org',
      '--dialect',
      'pixboost',
      '--json',
    ])
    expect(JSON.parse(out)).toMatchObject({ allowedHosts: ['i.example.com', '.example.org'], dialects: ['pixboost'] })
  })

  it('removes a key, and refuses one that is not there', async () => {
    const { publicKey } = JSON.parse((await run(['key', 'add', '-p', 'shop', '--json'])).out)
    expect((await run(['key', 'remove', publicKey])).status).toBe(0)
    expect((await run(['key', 'remove', publicKey])).status).toBe(1)
    expect((await run(['key', 'list'])).out).toContain('no keys')
  })
})

describe('tintype connection', () => {
  it('names the next command as the program was called', async () => {
    await run(['key', 'add', '--project', 'shop'])
    const added = await run(['connection', 'add', 'local', '--provider', 'folder', '--path', await folder()])
    expect(added.out).toContain('Try it:  scripts/tintype connection test local --project shop')
  })

  const bucket = [
    'connection',
    'add',
    'bucket',
    '--bucket',
    'my-pictures',
    '--region',
    'eu-central-1',
    '--access-key-id',
    'AKIAEXAMPLE',
  ]

  it.each([
    ['the environment', { env: { TINTYPE_SECRET_ACCESS_KEY: 'very-secret-1' } }],
    ['a pipe', { input: 'very-secret-1\nmore\n' }],
  ])('takes the secret from %s and echoes it nowhere', async (_, surroundings) => {
    await run(['key', 'add', '-p', 'shop'])
    const added = await run([...bucket, '--json'], surroundings)
    expect(added.status).toBe(0)
    const listed = await run(['connection', 'list', '--json'])
    expect(JSON.parse(listed.out)).toMatchObject([
      { alias: 'bucket', bucket: 'my-pictures', operator: true, write: false },
    ])
    for (const { out, err } of [added, listed]) expect(out + err).not.toContain('very-secret')
  })

  it('adds nothing without the secret', async () => {
    await run(['key', 'add', '-p', 'shop'])
    expect(await run(bucket)).toMatchObject({ status: 1, err: expect.stringContaining('TINTYPE_SECRET_ACCESS_KEY') })
    expect((await run(['connection', 'list'])).out).toContain('no connections')
  })

  it.each([
    [['--provider', 'folder'], '--path'],
    [['--provider', 'web'], '--base-url'],
    [['--provider', 'web', '--base-url', 'https://example.com', '--bucket', 'b'], '--bucket'],
    [['--provider', 'folder', '--path', '.', '--access-key-id', 'A'], '--access-key-id'],
  ])('says which option is wrong in %s', async (options, named) => {
    await run(['key', 'add', '-p', 'shop'])
    expect(await run(['connection', 'add', 'x', ...options])).toMatchObject({
      status: 1,
      err: expect.stringContaining(named),
    })
  })

  it('shows where connections lead, and forgets one', async () => {
    await run(['key', 'add', '-p', 'shop'])
    await run(['connection', 'add', 'local', '--provider', 'folder', '--path', '/srv/pictures', '--write'])
    expect((await run(['connection', 'list'])).out).toMatch(/local +folder +\/srv\/pictures +read, write/)
    expect((await run(['connection', 'remove', 'local'])).status).toBe(0)
    expect((await run(['connection', 'remove', 'local'])).status).toBe(1)
  })

  it('tries a folder by reading, writing and removing, and leaves nothing behind', async () => {
    const path = await folder()
    await run(['key', 'add', '-p', 'shop'])
    await run(['connection', 'add', 'local', '--provider', 'folder', '--path', path, '--prefix', 'a/b', '--write'])
    const { status, out } = await run(['connection', 'test', 'local', '--json'])
    expect(status).toBe(0)
    expect(
      JSON.parse(out).findings.map(({ what, result }: { what: string; result: string }) => `${what} ${result}`),
    ).toEqual(['list ok', 'read ok', 'write ok', 'delete ok'])
    const left = await readdir(path, { recursive: true, withFileTypes: true })
    expect(left.filter((entry) => entry.isFile())).toEqual([])
  })
})
