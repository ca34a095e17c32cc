import { buildSrc as buildModern, getResponsiveImageAttributes } from '@imagekit/javascript'
import ModernNode from '@imagekit/nodejs'
import ClassicNode from 'imagekit'
import sharp from 'sharp'
import { transformUrl } from 'unpic'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { decode, quadrants, RED, solid } from '../../support/pictures.ts'
import { PRIVATE_KEY, PUBLIC_KEY } from './account.ts'
import { type House, openHouse } from './house.ts'
import { boxOf } from './looking.ts'

/** The published packages, unmodified: their URL endpoint points here, nothing else is changed. */
let house: House
let urlEndpoint = ''

beforeAll(async () => {
  house = await openHouse()
  urlEndpoint = `${house.url}/ik/demo`
  await house.put('path/to/photo.jpg', await quadrants(600, 400, 'jpeg'))
  await house.put('café/a b+c.jpg', await quadrants(600, 400, 'jpeg'))
  await house.put('logo.png', await solid(50, 50, RED))
})
afterAll(() => house.stop())
afterEach(() => {
  house.configure({})
  house.now = Date.UTC(2026, 0, 1)
})

async function sizeOf(url: string): Promise<readonly [number, number]> {
  const answer = await fetch(url)
  if (answer.status !== 200) throw new Error(`${url}: ${answer.status} ${answer.headers.get('ik-error')}`)
  const { width, height } = await sharp(Buffer.from(await answer.arrayBuffer())).metadata()
  return [width, height]
}

describe('imagekit@6', () => {
  const client = () => new ClassicNode({ publicKey: PUBLIC_KEY, privateKey: PRIVATE_KEY, urlEndpoint })

  it('builds URLs with transformations in path and query', async () => {
    const transformation = [{ height: '300', width: '400' }, { rotation: '90' }]
    expect(await sizeOf(client().url({ path: '/path/to/photo.jpg', transformation }))).toEqual([300, 400])
    const query = client().url({ path: '/path/to/photo.jpg', transformation, transformationPosition: 'query' })
    expect(await sizeOf(query)).toEqual([300, 400])
    expect(await sizeOf(client().url({ src: `${urlEndpoint}/path/to/photo.jpg`, transformation }))).toEqual([300, 400])
  })

  it('builds effects, flags and layers of its time', async () => {
    const transformation = [
      { width: '200', effectGray: '-', effectContrast: '-', effectSharpen: '-', progressive: 'true' },
      { raw: 'l-image,i-logo.png,w-20,l-end' },
    ]
    expect(await sizeOf(client().url({ path: 'path/to/photo.jpg', transformation }))).toEqual([200, 133])
  })

  it('signs URLs that are accepted, with and without expiry', async () => {
    house.configure({ restrictUnsigned: true })
    house.now = Date.now()
    for (const path of ['/path/to/photo.jpg', '/café/a b+c.jpg']) {
      for (const expireSeconds of [undefined, 300]) {
        const more = expireSeconds === undefined ? {} : { expireSeconds }
        const url = client().url({
          path,
          signed: true,
          transformation: [{ width: '60' }],
          queryParameters: { v: '1' },
          ...more,
        })
        expect(await sizeOf(url)).toEqual([60, 40])
        expect((await fetch(url.replace('w-60', 'w-61'))).status).toBe(401)
      }
    }
    house.now += 400_000
    const url = client().url({ path: '/path/to/photo.jpg', signed: true, expireSeconds: 1 })
    expect((await fetch(url)).status).toBe(401)
  })
})

describe('@imagekit/nodejs', () => {
  const client = () => new ModernNode({ privateKey: PRIVATE_KEY })

  it('builds URLs with transformations, layers and texts', async () => {
    const url = client().helper.buildSrc({
      urlEndpoint,
      src: '/path/to/photo.jpg',
      transformation: [
        { width: 400, height: 300, crop: 'maintain_ratio', format: 'png' },
        { overlay: { type: 'image', input: 'logo.png', position: { x: 10, y: 20 } } },
        { overlay: { type: 'text', text: 'Hellö, 100%', transformation: [{ fontSize: 30, fontColor: 'FFFFFF' }] } },
        {
          overlay: {
            type: 'solidColor',
            color: 'E02020',
            transformation: [{ width: 30, height: 30 }],
            position: { focus: 'bottom_right' },
          },
        },
      ],
    })
    const answer = await fetch(url)
    expect([answer.status, answer.headers.get('ik-error')]).toEqual([200, null])
    const seen = await decode(Buffer.from(await answer.arrayBuffer()))
    expect([seen.width, seen.height]).toEqual([400, 300])
    expect(boxOf(seen, RED)?.slice(0, 2)).toEqual([0, 0])
  })

  it('signs URLs that are accepted', async () => {
    house.configure({ restrictUnsigned: true })
    house.now = Date.now()
    const options = { urlEndpoint, transformation: [{ width: 60 }], signed: true }
    for (const src of ['/path/to/photo.jpg', '/café/a b+c.jpg']) {
      expect(await sizeOf(client().helper.buildSrc({ ...options, src }))).toEqual([60, 40])
      expect(await sizeOf(client().helper.buildSrc({ ...options, src, expiresIn: 300 }))).toEqual([60, 40])
      expect(await sizeOf(client().helper.buildSrc({ ...options, src, transformationPosition: 'path' }))).toEqual([
        60, 40,
      ])
    }
  })
})

describe('@imagekit/javascript', () => {
  it('builds URLs in query and path', async () => {
    for (const transformationPosition of ['query', 'path'] as const) {
      const url = buildModern({
        urlEndpoint,
        src: '/path/to/photo.jpg',
        transformationPosition,
        transformation: [
          { width: 200, height: 100, focus: 'auto', quality: 50 },
          { radius: 'max', blur: 2 },
          { gradient: 'ld-top_from-green_to-00FF0010_sp-1', shadow: true },
          { overlay: { type: 'text', text: 'one, two: three/four' } },
        ],
      })
      expect(await sizeOf(url)).toEqual([200, 100])
    }
  })

  it('builds responsive sets that never enlarge', async () => {
    const { src, srcSet = '' } = getResponsiveImageAttributes({
      urlEndpoint,
      src: '/path/to/photo.jpg',
      sizes: '100vw',
    })
    const urls = [src, ...srcSet.split(', ').map((entry) => entry.split(' ')[0] ?? '')]
    expect(urls.length).toBeGreaterThan(3)
    for (const url of urls) expect((await sizeOf(url))[0]).toBeLessThanOrEqual(600)
  })
})

describe('unpic', () => {
  it('writes URLs that ask for the part the eye goes to, and reads them back', async () => {
    for (const from of ['path/to/photo.jpg', 'tr:w-300,h-300/path/to/photo.jpg', 'path/to/photo.jpg?tr=w-9']) {
      const url = transformUrl({
        url: `${urlEndpoint}/${from}`,
        provider: 'imagekit',
        width: 120,
        height: 120,
        quality: 50,
        format: 'webp',
      })
      expect(url).toContain('fo-auto')
      expect(await sizeOf(url ?? '')).toEqual([120, 120])
    }
  })
})
