import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { stringify } from 'yaml'
import { decode, noise, photo } from '../support/pictures.ts'
import { missing } from '../support/skips.ts'
import { type S3Server, startS3Server } from '../support/versitygw.ts'

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url))

let home: string
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'tintype-optimize-'))
})
afterAll(() => rm(home, { recursive: true, force: true }))

/** `tintype optimize` as a process of its own. */
function start(...argv: string[]) {
  const child = spawn(process.execPath, [MAIN, 'optimize', ...argv, '--config', join(home, 'tintype.yaml')], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let said = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      said += text
    })
  }
  const ended = once(child, 'close').then(([code, signal]: unknown[]) => ({ code, signal, said }))
  /** Resolves when the process has said `text`. */
  const says = (text: string) =>
    new Promise<void>((resolve) => {
      const look = () => said.includes(text) && resolve()
      child.stderr.on('data', look)
      look()
    })
  return { child, ended, says }
}

describe('interrupted', () => {
  // More than are begun at once.
  const COUNT = Math.max(12, 4 * availableParallelism())
  const names = Array.from({ length: COUNT }, (_, i) => `${String(i).padStart(2, '0')}.png`)
  let dir: string
  beforeAll(async () => {
    await writeFile(join(home, 'tintype.yaml'), stringify({ dataDir: './data' }))
    dir = await mkdtemp(join(home, 'pictures-'))
    for (const [i, name] of names.entries()) {
      await writeFile(join(dir, name), await noise(400, 300, i, 'png-uncompressed'))
    }
  })

  it('by Ctrl-C it finishes what it began and ends with 130', async () => {
    const run = start(dir, '--in-place')
    await run.says('[1/')
    run.child.kill('SIGINT')
    expect(await run.ended).toMatchObject({
      code: 130,
      said: expect.stringContaining('The same command goes on here.'),
    })
    expect(await readdir(dir)).toEqual(names)
  })

  it('by SIGKILL no file is half written, and the next run does the rest', async () => {
    const run = start(dir, '--in-place')
    await Promise.race([run.says('[3/'), run.ended])
    run.child.kill('SIGKILL')
    await run.ended
    for (const name of names) {
      expect(await decode(await readFile(join(dir, name)))).toMatchObject({ width: 400, height: 300 })
    }
    expect(await start(dir, '--in-place').ended).toMatchObject({ code: 0 })
    const { said } = await start(dir, '--in-place').ended
    expect(said).toContain(`${COUNT} done by an earlier run`)
  })
})

describe.skipIf(missing('versitygw'))('buckets', () => {
  let s3: S3Server
  let source: string
  let target: string
  const png = 'shop/2024/a b/ünï.png'
  beforeAll(async () => {
    s3 = await startS3Server()
    source = await s3.createBucket('source')
    target = await s3.createBucket('target')
    await s3.put(source, png, await photo(120, 80, 'png-uncompressed'), { contentType: 'image/png' })
    await s3.put(source, 'shop/2024/b.jpg', await photo(160, 120, 'jpeg'))
    await s3.put(source, 'shop/2024/notes.txt', 'no picture')
    await s3.put(source, 'shop/2024-old/c.jpg', await photo(160, 120, 'jpeg'))
    const { endpoint, region, accessKeyId, secretAccessKey } = s3
    const at = { provider: 's3', endpoint, region, accessKeyId, secretAccessKey, forcePathStyle: true }
    const connections = [
      { ...at, alias: 'source', bucket: source, prefix: 'shop' },
      { ...at, alias: 'target', bucket: target, prefix: 'web', write: true },
    ]
    await writeFile(
      join(home, 'tintype.yaml'),
      stringify({ dataDir: './data', projects: [{ id: 'demo', keys: [], connections }] }),
    )
  })
  afterAll(() => s3?.stop())

  it('reads what lies below a prefix and stores smaller copies in another bucket', async () => {
    const { code, said } = await start(`s3://${source}/shop/2024`, '--store', 'target').ended
    expect(said).toContain('2 of 2 smaller')
    expect(code).toBe(0)
    const before = await s3.bytes(source, png)
    const after = await s3.bytes(target, 'web/a b/ünï.png')
    expect(after.length).toBeLessThan(before.length)
    expect((await decode(after)).data).toEqual((await decode(before)).data)
    expect(await s3.exists(target, 'web/b.jpg')).toBe(true)
    expect(await s3.exists(target, 'web/notes.txt')).toBe(false)
  })

  it('does again only what has changed', async () => {
    await s3.put(source, 'shop/2024/b.jpg', await noise(100, 80, 3, 'jpeg'))
    const { said } = await start(`s3://${source}/shop/2024/`, '--store', 'target').ended
    expect(said).toMatch(/of 2 smaller, 1 done by an earlier run/)
  })

  it('takes one object into a folder', async () => {
    const folder = join(home, 'out')
    expect(await start(`s3://${source}/${png}`, '--store', folder).ended).toMatchObject({ code: 0 })
    expect(await readdir(folder)).toEqual(['ünï.png'])
  })

  it('writes nothing on a dry run', async () => {
    const { code, said } = await start(`s3://${source}/shop/2024-old/`, '--store', 'target', '--dry-run').ended
    expect({ code, said }).toMatchObject({ code: 0, said: expect.stringContaining('1 of 1 smaller') })
    expect(await s3.exists(target, 'web/c.jpg')).toBe(false)
  })

  it.each([
    [['s3://another/a', '--dry-run'], 'no connection to the bucket another'],
    [['SOURCE', '--dry-run'], 'reaches only s3://'],
    [['SOURCE/shop/', '--store', 'source'], 'not writable'],
  ])('refuses %j', async (argv, message) => {
    const { code, said } = await start(...argv.map((one) => one.replace('SOURCE', `s3://${source}`))).ended
    expect(said).toContain(message)
    expect(code).toBe(1)
  })
})
