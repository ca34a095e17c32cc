import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Connection } from '../../src/catalog/model.ts'
import { isFault } from '../../src/faults.ts'
import { checkKey } from '../../src/storage/keys.ts'
import { place } from '../../src/uploads/destination.ts'
import { newHandle } from '../../src/uploads/handles.ts'
import type { PlaceWish } from '../../src/uploads/uploads.ts'
import { CONNECTION, projectWith } from './house.ts'

const STORES = { S3: 'up', Azure: 'blobs', dropbox: 'disk', gcs: 'locked', rackspace: 'missing' }
const UID = '[A-Za-z0-9_][A-Za-z0-9_-]{19}'

function placed(wish: Partial<PlaceWish>, connection: Partial<Connection> = {}) {
  const one = { ...CONNECTION, ...connection }
  const project = projectWith(
    [
      one,
      { ...CONNECTION, alias: 'blobs', provider: 'azure', bucket: undefined, container: 'pictures', prefix: 'az' },
      { ...CONNECTION, alias: 'disk', provider: 'folder', bucket: undefined, path: '/tmp' },
      { ...CONNECTION, alias: 'locked', write: false },
    ],
    STORES,
  )
  const directory = { project: (id: string) => (id === 'demo' ? project : undefined) }
  return place(directory, { project: 'demo', filename: 'cat.png', ...wish })
}

const key = (wish: Partial<PlaceWish>, connection?: Partial<Connection>) => placed(wish, connection).place.key

describe('the key (filestack §1.2)', () => {
  it.each<[string, Partial<PlaceWish>, string, string]>([
    ['no path', {}, '', `^${UID}_cat\\.png$`],
    ['slashes only', { path: '//' }, '', `^${UID}_cat\\.png$`],
    ['a folder', { path: 'dir/' }, '', `^dir/${UID}_cat\\.png$`],
    ['a folder with a slash in front', { path: '/dir/sub/' }, '', `^dir/sub/${UID}_cat\\.png$`],
    ['an exact key', { path: '/dir/name.ext' }, '', '^dir/name\\.ext$'],
    ['a prefix and no path', {}, 'our/files', `^our/files/${UID}_cat\\.png$`],
    ['a prefix and a folder', { path: 'dir/' }, '/our/files/', `^our/files/dir/${UID}_cat\\.png$`],
    ['a prefix and an exact key', { path: 'a.txt' }, 'our', '^our/a\\.txt$'],
    ['the root as prefix', { path: 'a.txt' }, '/', '^a\\.txt$'],
    ['a name with separators', { filename: 'a/b\\c\0d\ne\u007f.png' }, '', `^${UID}_a-b-c-d-e-\\.png$`],
    ['a name with half a character', { filename: 'a\ud800b.png' }, '', `^${UID}_a-b\\.png$`],
    ['a name with spaces and Unicode', { filename: 'Zoë’s Katze 猫.png' }, '', `^${UID}_Zoë’s Katze 猫\\.png$`],
    ['an empty name', { filename: '' }, '', `^${UID}_$`],
    ['a name of dots', { filename: '..' }, '', `^${UID}_\\.\\.$`],
  ])('%s', (_name, wish, prefix, expected) => {
    expect(key(wish, { prefix })).toMatch(new RegExp(expected))
  })

  it('is exact only where the path names an object', () => {
    expect([{}, { path: '/' }, { path: 'a/' }, { path: 'a' }].map((wish) => placed(wish).exact)).toEqual([
      ...[false, false, false, true],
    ])
  })

  it.each(['../a', 'a/./b', 'a/../b/', 'a\0b', 'x'.repeat(1025), '猫'.repeat(342)])('refuses the path %j', (path) => {
    expect(() => placed({ path })).toThrow(expect.objectContaining({ code: 'key-invalid' }))
  })

  it('cannot leave the prefix', () => {
    expect(() => placed({ path: '../other/a' }, { prefix: 'ours' })).toThrow(
      expect.objectContaining({ code: 'key-invalid' }),
    )
  })

  it('shortens a long name between characters and keeps its extension', () => {
    const long = key({ filename: `${'猫'.repeat(2000)}.jpeg` })
    expect(Buffer.byteLength(long)).toBeLessThanOrEqual(255)
    expect(Buffer.byteLength(long)).toBeGreaterThan(252)
    expect(long).toMatch(new RegExp(`^${UID}_猫+\\.jpeg$`))
    const deep = key(
      { filename: `${'猫'.repeat(2000)}.jpeg`, path: `${'x'.repeat(400)}/${'y'.repeat(400)}/` },
      { prefix: 'p'.repeat(99) },
    )
    expect(Buffer.byteLength(deep)).toBeLessThanOrEqual(1024)
    expect(deep).toMatch(/_猫+\.jpeg$/)
  })

  it('is fit for a store, whatever the caller says, or a Fault says why not', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary', maxLength: 2000 }),
        fc.string({ unit: 'binary', maxLength: 1100 }),
        fc.constantFrom('', '/', 'a/b', 'x'.repeat(500)),
        (filename, folder, prefix) => {
          try {
            const { place: at, exact } = placed({ filename, path: `${folder}/` }, { prefix })
            expect(checkKey(at.key)).toBe(at.key)
            expect(exact).toBe(false)
            if (prefix.length > 1) expect(at.key.startsWith(`${prefix}/`)).toBe(true)
          } catch (error) {
            expect(isFault(error, 'key-invalid')).toBe(true)
          }
        },
      ),
    )
  })
})

describe('the location', () => {
  it.each([
    [undefined, 'S3', 'up'],
    ['s3', 'S3', 'up'],
    ['S3', 'S3', 'up'],
    ['AZURE', 'Azure', 'blobs'],
    ['DropBox', 'dropbox', 'disk'],
  ])('%s is %s, kept by the connection %s', (location, told, connection) => {
    expect(placed({ location })).toMatchObject({ location: told, place: { connection } })
  })

  it.each([
    ['gcs', 'read-only', undefined],
    ['rackspace', 'bad-parameter', 'location'],
    ['ftp', 'bad-parameter', 'location'],
    ['', 'bad-parameter', 'location'],
    ['constructor', 'bad-parameter', 'location'],
  ])('%j is refused: %s', (location, code, parameter) => {
    expect(() => placed({ location })).toThrow(
      expect.objectContaining({ code, context: parameter === undefined ? {} : { parameter } }),
    )
  })

  it('needs a project that has one', () => {
    expect(() => placed({ project: 'other' })).toThrow(expect.objectContaining({ code: 'bad-parameter' }))
  })
})

describe('the container', () => {
  const path = 'a.txt'
  it.each<[string, Partial<PlaceWish>, Partial<Connection>, object]>([
    ['is the connection’s own', {}, { prefix: 'p' }, { container: 'main', key: 'p/a.txt' }],
    ['may be named', { container: 'main' }, { prefix: 'p' }, { container: 'main', key: 'p/a.txt' }],
    ['may be empty', { container: '' }, { prefix: 'p' }, { container: 'main', key: 'p/a.txt' }],
    ['may be another, without the prefix', { container: 'b' }, { prefix: 'p' }, { container: 'b', key: 'a.txt' }],
    ['may be one that is allowed', { container: 'b' }, { buckets: ['b'] }, { container: 'b', key: 'a.txt' }],
    ['may be the own one, allowed or not', {}, { buckets: ['b'] }, { container: 'main', key: 'a.txt' }],
    ['is named where there is no own one', { container: 'b' }, { bucket: undefined }, { container: 'b', key: 'a.txt' }],
    ['is a blob container', { location: 'azure' }, {}, { container: 'pictures', key: 'az/a.txt' }],
    ['means nothing to Dropbox', { location: 'dropbox', container: 'b' }, {}, { key: 'a.txt' }],
  ])('%s', (_name, wish, connection, expected) => {
    const { connection: _alias, ...at } = placed({ path, ...wish }, connection).place
    expect(at).toEqual(expected)
  })

  it('is refused beyond the connection’s reach', () => {
    expect(() => placed({ container: 'c' }, { buckets: ['b'] })).toThrow(
      expect.objectContaining({ code: 'access-denied', context: { parameter: 'container' } }),
    )
  })

  it('is needed where there is no own one', () => {
    expect(() => placed({}, { bucket: undefined })).toThrow(
      expect.objectContaining({ code: 'bad-parameter', context: { parameter: 'container' } }),
    )
  })
})

describe('handles', () => {
  it('are twenty characters, never twice the same, never with a dash in front', () => {
    const handles = Array.from({ length: 5000 }, newHandle)
    expect(new Set(handles).size).toBe(5000)
    for (const handle of handles) expect(handle).toMatch(new RegExp(`^${UID}$`))
  })
})
