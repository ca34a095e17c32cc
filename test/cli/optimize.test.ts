import { chmod, mkdir, readdir, readFile, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import sharp from 'sharp'
import { expect, it } from 'vitest'
import { photo, quadrants } from '../support/pictures.ts'
import { commandLine } from './line.ts'

const { run, folder } = commandLine()

const pixels = (bytes: Uint8Array) => sharp(bytes).raw().toBuffer()

/** A folder with three pictures, one of them further down, and a text. */
async function pictures() {
  const dir = await folder()
  await mkdir(join(dir, 'deep'))
  const files = {
    'a.png': await quadrants(64, 48, 'png-uncompressed'),
    'b.jpg': await photo(160, 120, 'jpeg'),
    'deep/c.png': await quadrants(40, 40, 'png-uncompressed'),
    'notes.txt': Buffer.from('no picture'),
  }
  for (const [name, bytes] of Object.entries(files)) await writeFile(join(dir, name), bytes)
  const now = async () =>
    Object.fromEntries(
      await Promise.all(Object.keys(files).map(async (name) => [name, await readFile(join(dir, name))] as const)),
    )
  return { dir, files, now }
}

it('says what would be saved and writes nothing on a dry run', async () => {
  const { dir, files, now } = await pictures()
  const { status, out, err } = await run(['optimize', dir, '--dry-run'])
  expect(status).toBe(0)
  expect(out).toMatch(/^PICTURE +BEFORE +AFTER +SAVED +NOTE/)
  expect(out).toMatch(/a\.png +.+ %/)
  expect(out).toMatch(/total .*3 of 3 smaller/)
  expect(err).toMatch(/^\[1\/3\] .+ → .+ %\)$/m)
  expect(await now()).toEqual(files)
  expect(await readdir(dir)).toHaveLength(4)
})

it('replaces files in place without a changed pixel, keeps their mode, and leaves nothing else', async () => {
  const { dir, files, now } = await pictures()
  await chmod(join(dir, 'a.png'), 0o640)
  expect(await run(['optimize', dir, '--in-place'])).toMatchObject({ status: 0 })
  const after = await now()
  for (const name of ['a.png', 'b.jpg', 'deep/c.png'] as const) {
    expect(after[name]?.length).toBeLessThan(files[name].length)
    expect(await pixels(after[name] ?? Buffer.of())).toEqual(await pixels(files[name]))
  }
  expect(after['notes.txt']).toEqual(files['notes.txt'])
  expect((await stat(join(dir, 'a.png'))).mode & 0o777).toBe(0o640)
  expect((await readdir(dir)).sort()).toEqual(['a.png', 'b.jpg', 'deep', 'notes.txt'])
})

it('skips what an earlier run did, also when that changed the file with loss', async () => {
  const { dir, now } = await pictures()
  await run(['optimize', dir, '--in-place', '--lossy'])
  const first = await now()
  const { status, out } = await run(['optimize', dir, '--in-place', '--lossy'])
  expect(status).toBe(0)
  expect(out).toContain('3 done by an earlier run')
  expect(await now()).toEqual(first)
})

it('does a picture again when it has changed since', async () => {
  const { dir } = await pictures()
  await run(['optimize', dir, '--in-place'])
  await writeFile(join(dir, 'a.png'), await quadrants(80, 80, 'png-uncompressed'))
  await utimes(join(dir, 'a.png'), 1, 1)
  expect((await run(['optimize', dir, '--in-place'])).out).toContain('1 of 3 smaller, 2 done by an earlier run')
})

it('stores results below another folder, complete, and makes removed ones again', async () => {
  const { dir, files, now } = await pictures()
  const target = join(await folder(), 'new', 'smaller')
  await writeFile(join(dir, 'tiny.svg'), '<svg xmlns="http://www.w3.org/2000/svg"/>')
  expect(await run(['optimize', dir, '--store', target])).toMatchObject({ status: 0 })
  expect((await readdir(target, { recursive: true })).sort()).toEqual([
    'a.png',
    'b.jpg',
    'deep',
    'deep/c.png',
    'tiny.svg',
  ])
  expect(await pixels(await readFile(join(target, 'deep/c.png')))).toEqual(await pixels(files['deep/c.png']))
  expect(await now()).toEqual(files)
  await writeFile(join(target, 'b.jpg'), 'kept by hand')
  await rm(join(target, 'a.png'))
  expect((await run(['optimize', dir, '--store', target])).out).toContain('3 done by an earlier run')
  expect(await readdir(target)).toContain('a.png')
})

it('does not take its own results for sources', async () => {
  const { dir } = await pictures()
  const target = join(dir, 'smaller')
  await run(['optimize', dir, '--store', target])
  expect((await run(['optimize', dir, '--store', target])).out).toContain('0 of 3 smaller')
})

it('stores results in a connection', async () => {
  const { dir } = await pictures()
  const target = await folder()
  await run(['key', 'add', '--project', 'shop'])
  await run(['connection', 'add', 'out', '--provider', 'folder', '--path', target, '--write', '--prefix', 'web'])
  expect(await run(['optimize', join(dir, 'a.png'), '--store', 'out'])).toMatchObject({ status: 0 })
  expect(await readdir(join(target, 'web'))).toEqual(['a.png'])
  await run(['connection', 'add', 'shut', '--provider', 'folder', '--path', target])
  expect(await run(['optimize', dir, '--store', 'shut'])).toMatchObject({
    status: 1,
    err: expect.stringContaining('not writable'),
  })
})

it('goes on after a picture that is damaged, says which, and fails in the end', async () => {
  const { dir, files } = await pictures()
  const broken = files['b.jpg'].subarray(0, 300)
  await writeFile(join(dir, 'b.jpg'), broken)
  const { status, out } = await run(['optimize', dir, '--in-place'])
  expect(status).toBe(1)
  expect(out).toMatch(/b\.jpg .*(damaged|not a picture)/)
  expect(out).toContain('2 of 3 smaller, 1 failed')
  expect(await readFile(join(dir, 'b.jpg'))).toEqual(broken)
})

it('finishes the picture under way when it is interrupted, and goes on there the next time', async () => {
  const { dir, files, now } = await pictures()
  const before: Readonly<Record<string, Buffer>> = files
  let interrupt = (): void => undefined
  const stopped = await run(['optimize', dir, '--in-place'], {
    slots: 1,
    interruptible: (stop) => {
      interrupt = stop
    },
    onErr: (text) => text.startsWith('[1/3]') && interrupt(),
  })
  expect(stopped).toMatchObject({ status: 130, err: expect.stringContaining('2 not begun') })
  const between = await now()
  expect(Object.keys(files).filter((name) => !between[name]?.equals(before[name] ?? Buffer.of()))).toEqual(['a.png'])
  const { out } = await run(['optimize', dir, '--in-place'])
  expect(out).toContain('2 of 3 smaller, 1 done by an earlier run')
})

it('draws a bar on a screen, within its width', async () => {
  const { dir } = await pictures()
  const { err } = await run(['optimize', dir, '--dry-run'], { columns: 60 })
  const drawn = err.split('\r').filter((text) => text.includes('/3'))
  expect(drawn).toHaveLength(3)
  expect(drawn.at(-1)).toMatch(/^█{24} 3\/3 {2}saved /)
  for (const text of drawn) expect(text.replace('\u001b[K', '').length).toBeLessThan(60)
})

it('prints JSON for programs', async () => {
  const { dir } = await pictures()
  const { out } = await run(['optimize', join(dir, 'a.png'), '--dry-run', '--json'])
  expect(JSON.parse(out)).toMatchObject({ pictures: 1, smaller: 1, failed: 0, outcomes: [{ result: 'smaller' }] })
})

it('follows no link inside of a folder', async () => {
  const { dir, files } = await pictures()
  const outside = join(await folder(), 'x.png')
  await writeFile(outside, files['a.png'])
  await symlink(outside, join(dir, 'link.png'))
  expect((await run(['optimize', dir, '--in-place'])).out).toContain('3 of 3 smaller')
  expect(await readFile(outside)).toEqual(files['a.png'])
})

it.each([
  [[], 'say where the results go'],
  [['--in-place', '--store', './out'], 'either --store or --in-place'],
  [['--store', 'nowhere'], 'no project'],
  [['https://example.com/a.jpg', '--dry-run'], 'is no file, folder or s3'],
  [['s3://bucket/a', '--in-place'], 'not replaced in place'],
  [['./there-is-none', '--dry-run'], 'there is no file or folder'],
] as const)('refuses %j', async (more, message) => {
  const { dir, files, now } = await pictures()
  expect(await run(['optimize', dir, ...more])).toMatchObject({ status: 1, err: expect.stringContaining(message) })
  expect(await now()).toEqual(files)
})

it('refuses two pictures of one name, and a store that is the source, before any work', async () => {
  const { dir, files, now } = await pictures()
  const other = await folder()
  await writeFile(join(other, 'a.png'), files['a.png'])
  const both = await run(['optimize', dir, other, '--store', join(await folder(), 'out')])
  expect(both).toMatchObject({ status: 1, err: expect.stringContaining('would both be stored as a.png') })
  for (const dry of [[], ['--dry-run']]) {
    expect(await run(['optimize', dir, '--store', dir, ...dry])).toMatchObject({ status: 1 })
  }
  expect(await now()).toEqual(files)
})
