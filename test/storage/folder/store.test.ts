import { execFileSync } from 'node:child_process'
import { constants } from 'node:fs'
import {
  link,
  mkdir,
  mkdtemp,
  open,
  readdir,
  readFile,
  rename,
  rm,
  symlink,
  truncate,
  writeFile,
} from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { readAll } from '../../../src/storage/body.ts'
import { folderFault } from '../../../src/storage/folder/faults.ts'
import { createFolderStore } from '../../../src/storage/folder/store.ts'
import type { ObjectStore } from '../../../src/storage/object-store.ts'

let outside: string
let root: string
let store: ObjectStore
beforeEach(async () => {
  outside = await mkdtemp(path.join(os.tmpdir(), 'tintype-folder-'))
  root = path.join(outside, 'root')
  await mkdir(root)
  await mkdir(path.join(outside, 'private'))
  await writeFile(path.join(outside, 'private', 'secret.txt'), 'secret')
  store = createFolderStore({ provider: 'folder', path: root })
})
afterEach(() => rm(outside, { recursive: true, force: true }))

/** Where open files and a full disk can be looked at. */
const linux = process.platform === 'linux'

const missing = { code: 'object-missing' }
const bytesOf = async (key: string) => {
  const answer = await store.get({ key })
  return answer.kind === 'object' ? (await readAll(answer.body)).toString() : answer.kind
}

describe('symbolic links below the root are not followed', () => {
  beforeEach(async () => {
    await symlink(path.join(outside, 'private', 'secret.txt'), path.join(root, 'file-link.txt'))
    await symlink(path.join(outside, 'private'), path.join(root, 'folder-link'))
    await symlink(path.join(outside, 'nowhere'), path.join(root, 'dangling'))
    await symlink('loop', path.join(root, 'loop'))
    await mkdir(path.join(root, 'deep'))
    await symlink('../../private', path.join(root, 'deep', 'up'))
  })
  const keys = [
    'file-link.txt',
    'folder-link/secret.txt',
    'dangling',
    'dangling/x',
    'loop',
    'loop/x',
    'deep/up/secret.txt',
  ]

  it.each(keys)('reading %s finds nothing', async (key) => {
    await expect(store.head({ key })).rejects.toMatchObject(missing)
    await expect(store.get({ key })).rejects.toMatchObject(missing)
  })

  it.each(['folder-link/new.txt', 'folder-link/deeper/new.txt', 'dangling/new.txt', 'deep/up/new.txt'])(
    'writing %s is refused and changes nothing outside',
    async (key) => {
      await expect(store.put({ key }, Buffer.from('x'))).rejects.toMatchObject({ code: 'conflict' })
      expect(await readdir(path.join(outside, 'private'))).toEqual(['secret.txt'])
      expect(await readdir(outside)).toEqual(['private', 'root'])
    },
  )

  it('writing onto a link replaces the link, not what it points to', async () => {
    await store.put({ key: 'file-link.txt' }, Buffer.from('mine'))
    expect(await bytesOf('file-link.txt')).toBe('mine')
    expect(await readFile(path.join(outside, 'private', 'secret.txt'), 'utf8')).toBe('secret')
  })

  it('deleting goes through no link', async () => {
    await store.delete({ key: 'folder-link/secret.txt' })
    expect(await readFile(path.join(outside, 'private', 'secret.txt'), 'utf8')).toBe('secret')
  })

  it('listing shows none', async () => {
    await store.put({ key: 'deep/real.txt' }, Buffer.from('x'))
    expect((await store.list('')).entries.map((entry) => entry.key)).toEqual(['deep/real.txt'])
  })

  it('a container is no link either', async () => {
    const misconfigured = { code: 'store-misconfigured' }
    await expect(store.get({ key: 'secret.txt', bucket: 'folder-link' })).rejects.toMatchObject(misconfigured)
    await expect(store.get({ key: 'secret.txt', bucket: '../private' })).rejects.toMatchObject(misconfigured)
    await expect(store.get({ key: 'secret.txt', bucket: '..' })).rejects.toMatchObject(misconfigured)
  })

  it('but the root itself may be one: the operator named it', async () => {
    await symlink(root, path.join(outside, 'alias'))
    await store.put({ key: 'a.txt' }, Buffer.from('x'))
    const alias = createFolderStore({ provider: 'folder', path: path.join(outside, 'alias') })
    expect((await alias.head({ key: 'a.txt' })).size).toBe(1)
  })

  it('while folders are swapped for links, nothing from outside is ever read or written', async () => {
    await mkdir(path.join(root, 'swap'))
    await writeFile(path.join(root, 'swap', 'secret.txt'), 'public')
    const spare = path.join(outside, 'spare')
    let swapping = true
    const swapper = (async () => {
      const swap = path.join(root, 'swap')
      while (swapping) {
        await rename(swap, spare)
        // A write may make the folder anew at any moment.
        await symlink(path.join(outside, 'private'), swap).catch(() => undefined)
        await rm(swap, { recursive: true, force: true })
        await rename(spare, swap).catch(async () => {
          await rm(swap, { recursive: true, force: true })
          await rename(spare, swap)
        })
      }
    })()
    for (let times = 0; times < 300; times++) {
      const read = await bytesOf('swap/secret.txt').catch(() => 'refused')
      expect(['public', 'refused']).toContain(read)
      await store.put({ key: 'swap/deep/new.txt' }, Buffer.from('x')).catch(() => undefined)
    }
    swapping = false
    await swapper
    expect(await readdir(path.join(outside, 'private'))).toEqual(['secret.txt'])
  })
})

describe('what is no plain file', () => {
  it('is no object: folders, pipes, and reading does not wait for a writer', async () => {
    await mkdir(path.join(root, 'folder'))
    execFileSync('sh', ['-c', 'mkfifo "$0"', path.join(root, 'pipe')])
    await expect(store.get({ key: 'folder' })).rejects.toMatchObject(missing)
    await expect(store.get({ key: 'pipe' })).rejects.toMatchObject(missing)
    expect((await store.list('')).entries).toEqual([])
  })

  it.each(['/lead', 'a//b', 'a/', '/', 'a'.repeat(256), '.tintype-x.tmp', 'a/.tintype-b/c'])(
    'the key %j cannot be stored',
    async (key) => {
      await expect(store.put({ key }, Buffer.from('x'))).rejects.toMatchObject({ code: 'key-invalid' })
      await expect(store.get({ key })).rejects.toMatchObject(missing)
      await expect(store.delete({ key })).resolves.toBeUndefined()
    },
  )

  it('cannot be stored over or under another object', async () => {
    await store.put({ key: 'file' }, Buffer.from('x'))
    await store.put({ key: 'folder/child' }, Buffer.from('x'))
    await expect(store.put({ key: 'file/child' }, Buffer.from('x'))).rejects.toMatchObject({ code: 'conflict' })
    await expect(store.put({ key: 'folder' }, Buffer.from('x'))).rejects.toMatchObject({ code: 'conflict' })
    expect(await allFiles()).toEqual(['file', 'folder/child'])
  })
})

describe('writing', () => {
  it('leaves no temporary file behind, whatever happens', async () => {
    const leaving = new AbortController()
    async function* broken() {
      yield Buffer.from('begin')
      throw new Error('broken')
    }
    async function* left() {
      yield Buffer.from('begin')
      leaving.abort()
      yield Buffer.from('more')
    }
    await expect(store.put({ key: 'a' }, broken())).rejects.toThrow('broken')
    await expect(store.put({ key: 'a' }, left(), { signal: leaving.signal })).rejects.toThrow()
    await expect(store.put({ key: 'a' }, Buffer.from('x'), { size: 2 })).rejects.toThrow()
    expect(await allFiles()).toEqual([])
  })

  it('shows unfinished writes to nobody', async () => {
    let during: string[] = []
    async function* body() {
      yield Buffer.from('begin')
      during = (await store.list('')).entries.map((entry) => entry.key)
      yield Buffer.from('end')
    }
    await store.put({ key: 'a' }, body())
    expect(during).toEqual([])
    expect(await bytesOf('a')).toBe('beginend')
  })

  it('leaves readers of the old object alone', async () => {
    await store.put({ key: 'a' }, Buffer.alloc(1_000_000, 1))
    const answer = await store.get({ key: 'a' })
    await store.put({ key: 'a' }, Buffer.from('new'))
    const bytes = answer.kind === 'object' ? await readAll(answer.body) : Buffer.alloc(0)
    expect(bytes.equals(Buffer.alloc(1_000_000, 1))).toBe(true)
  })

  it('does not write through another name of the same file', async () => {
    await writeFile(path.join(outside, 'private', 'twin'), 'twin')
    await link(path.join(outside, 'private', 'twin'), path.join(root, 'twin'))
    await store.put({ key: 'twin' }, Buffer.from('mine'))
    expect(await readFile(path.join(outside, 'private', 'twin'), 'utf8')).toBe('twin')
  })

  it.each(['acl', 'storageClass', 'tags', 'metadata', 'contentEncoding'] as const)(
    'refuses %s by name',
    async (option) => {
      const value = {
        acl: 'public-read',
        storageClass: 'STANDARD',
        tags: { a: 'b' },
        metadata: { a: 'b' },
        contentEncoding: 'gzip',
      }
      await expect(store.put({ key: 'a' }, Buffer.from('x'), { [option]: value[option] })).rejects.toMatchObject({
        code: 'store-refused',
        context: { reason: 'not-implemented', option },
      })
      await store.put({ key: 'a' }, Buffer.from('x'), { metadata: {}, tags: {}, contentEncoding: 'identity' })
    },
  )

  it.runIf(linux)('says that the disk is full', async () => {
    const device = await open('/dev/full', constants.O_WRONLY)
    const error = await device.write('x').then(
      () => undefined,
      (failure: unknown) => failure,
    )
    await device.close()
    expect(folderFault(error, 'write')).toMatchObject({ code: 'disk-full' })
  })
})

describe('reading', () => {
  it('notices a file that shrinks meanwhile', async () => {
    await writeFile(path.join(root, 'a'), Buffer.alloc(2_000_000))
    const answer = await store.get({ key: 'a' })
    await truncate(path.join(root, 'a'), 1_000_000)
    const reading = answer.kind === 'object' ? readAll(answer.body) : Promise.resolve()
    await expect(reading).rejects.toMatchObject({ code: 'source-unreachable' })
  })

  it('tells the type by the extension', async () => {
    for (const [key, type] of [
      ['a.jpg', 'image/jpeg'],
      ['a.JPEG', 'image/jpeg'],
      ['a.avif', 'image/avif'],
      ['a.svg', 'image/svg+xml'],
      ['a.unheard-of', undefined],
      ['jpg', undefined],
    ] as const) {
      await writeFile(path.join(root, key), 'x')
      expect((await store.head({ key })).contentType).toBe(type)
    }
  })

  it('says that the root is gone', async () => {
    await rm(root, { recursive: true })
    const misconfigured = { code: 'store-misconfigured' }
    await expect(store.get({ key: 'a' })).rejects.toMatchObject(misconfigured)
    await expect(store.put({ key: 'a' }, Buffer.from('x'))).rejects.toMatchObject(misconfigured)
    await expect(store.list('')).rejects.toMatchObject(misconfigured)
  })

  it.each(['EACCES', 'EPERM'])('calls a file that may not be read forbidden: %s', (code) => {
    // Tests may run as root, whom no permission stops.
    const error = Object.assign(new Error(code), { code })
    expect(folderFault(error, 'read')).toMatchObject({ code: 'access-denied' })
    expect(folderFault(error, 'write')).toMatchObject({ code: 'access-denied' })
  })

  it.runIf(linux)('holds no file open afterwards', async () => {
    await store.put({ key: 'dir/a' }, Buffer.alloc(1_000_000))
    const openFiles = async () => (await readdir('/proc/self/fd')).length
    const before = await openFiles()
    for (let times = 0; times < 50; times++) {
      await bytesOf('dir/a')
      await store.head({ key: 'dir/a' })
      await store.get({ key: 'dir/none' }).catch(() => undefined)
      await store.get({ key: 'dir/a' }, { range: { start: 5_000_000 } }).catch(() => undefined)
      await store.get({ key: 'dir/a' }, { maxBytes: 1 }).catch(() => undefined)
      await store.put({ key: 'dir/b' }, Buffer.from('x'), { size: 9 }).catch(() => undefined)
      await store.list('')
    }
    expect(await openFiles()).toBeLessThan(before + 5)
  })
})

async function allFiles(): Promise<string[]> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true })
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(root, path.join(entry.parentPath, entry.name)))
    .sort()
}
