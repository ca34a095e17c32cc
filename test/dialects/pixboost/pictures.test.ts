import { gunzipSync, gzipSync } from 'node:zlib'
import fc from 'fast-check'
import sharp from 'sharp'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import * as broken from '../../support/broken-pictures.ts'
import {
  animated,
  BLACK,
  BLUE,
  bars,
  bordered,
  cmykJpeg,
  decode,
  encode,
  GREEN,
  greyJpeg,
  jpeg,
  logo,
  near,
  noise,
  oriented,
  paint,
  photo,
  pixel,
  quadrants,
  RED,
  raw,
  solid,
  svg,
  WHITE,
  withExif,
  withProfile,
  YELLOW,
} from '../../support/pictures.ts'
import { KEY, keyOf } from './account.ts'
import { type House, openHouse } from './house.ts'

let house: House

beforeAll(async () => {
  house = await openHouse()
})
afterAll(() => house.stop())
beforeEach(() => house.origin.reset())

let count = 0
/** Stores a picture under a new name and gives its source path. */
async function stored(bytes: Uint8Array | Promise<Uint8Array>): Promise<string> {
  count += 1
  await house.put(`p${count}`, await bytes)
  return `bucket/p${count}`
}
const AVIF_WEBP = { accept: 'image/avif,image/webp,*/*' }
const WEBP = { accept: 'image/webp' }

describe('pictures come out as the contract says', () => {
  it.each([
    [510, 340, 'resize?size=200', 200, 133],
    [510, 340, 'resize?size=x80', 120, 80],
    [510, 340, 'resize?size=200x100', 150, 100],
    [510, 340, 'fit?size=200x100', 200, 100],
    [800, 600, 'resize?size=10', 10, 8],
    [800, 600, 'resize?size=1600', 1600, 1200],
    [800, 600, 'fit?size=1600x100', 1600, 100],
    [1000, 1, 'resize?size=10', 10, 1],
    [510, 340, 'optimise', 510, 340],
  ] as const)('%i×%i %s is %i×%i', async (w, h, operation, width, height) => {
    const answer = await house.ask(`${await stored(quadrants(w, h))}/${operation}`)
    expect([answer.status, answer.type]).toEqual([200, 'image/png'])
    expect(await decode(answer.bytes)).toMatchObject({ width, height })
  })

  it('fit cuts the middle out', async () => {
    const thirds = paint(90, 30, (x) => (x < 30 ? RED : x < 60 ? GREEN : BLUE))
    const answer = await house.ask(`${await stored(encode(thirds))}/fit?size=10x10`)
    const seen = await decode(answer.bytes)
    for (const x of [1, 5, 8]) expect(near(pixel(seen, x, 5), GREEN)).toBe(true)
  })

  it('orientation is applied and dropped', async () => {
    for (const orientation of [1, 3, 6, 8]) {
      const answer = await house.ask(`${await stored(oriented(orientation, 64, 48))}/resize?size=32`)
      const seen = await decode(answer.bytes)
      expect([seen.width, seen.height]).toEqual([32, 24])
      expect(near(pixel(seen, 4, 4), RED, 20) && near(pixel(seen, 28, 20), YELLOW, 20)).toBe(true)
      expect((await sharp(answer.bytes).metadata()).orientation ?? 1).toBe(1)
    }
  })
})

describe('trim-border on real pictures', () => {
  it('removes each edge by its own corner, exactly, before scaling', async () => {
    const inner = raw.quadrants(300, 60)
    const source = await stored(bordered(raw.bordered(inner, [3, 0, 3, 4], WHITE), [0, 5, 0, 0], BLACK))
    const optimised = await decode((await house.ask(`${source}/optimise?trim-border`)).bytes)
    expect([optimised.width, optimised.height]).toEqual([300, 66])
    const evenly = await stored(bordered(inner, [7, 9, 8, 6]))
    const trimmed = await decode((await house.ask(`${evenly}/optimise?trim-border=1`)).bytes)
    expect([trimmed.width, trimmed.height]).toEqual([300, 60])
    const resized = await decode((await house.ask(`${evenly}/resize?size=150&trim-border`)).bytes)
    expect([resized.width, resized.height]).toEqual([150, 30])
    const fitted = await decode((await house.ask(`${evenly}/fit?size=40x40&trim-border`)).bytes)
    expect([fitted.width, fitted.height]).toEqual([40, 40])
    expect((await decode((await house.ask(`${evenly}/optimise?trim-border=false`)).bytes)).width).toBe(315)
  })

  it('a picture of one colour becomes one transparent pixel', async () => {
    const source = await stored(solid(30, 20, BLUE))
    const vanished = await decode((await house.ask(`${source}/optimise?trim-border`)).bytes)
    expect(vanished).toMatchObject({ width: 1, height: 1 })
    const grown = await decode((await house.ask(`${source}/resize?size=50&trim-border`)).bytes)
    expect([grown.width, grown.height, pixel(grown, 25, 25).at(-1)]).toEqual([50, 50, 0])
  })
})

describe('the format on real pictures', () => {
  it.each([
    ['a photo', () => photo(300, 200, 'jpeg'), {}, 'image/jpeg'],
    ['a photo', () => photo(300, 200, 'jpeg'), WEBP, 'image/webp'],
    ['a photo', () => photo(300, 200, 'jpeg'), AVIF_WEBP, 'image/avif'],
    ['a photo PNG', () => noise(400, 300), AVIF_WEBP, 'image/avif'],
    ['an illustration', () => logo(200, 200), AVIF_WEBP, 'image/webp'],
    ['an illustration', () => logo(200, 200), { accept: 'image/avif' }, 'image/png'],
    ['a large flat drawing', () => bars(800, 150, 'png-uncompressed'), AVIF_WEBP, 'image/webp'],
    ['a GIF', () => encode(raw.quadrants(50, 50), 'gif'), { accept: 'image/avif' }, 'image/gif'],
    ['a GIF', () => encode(raw.quadrants(50, 50), 'gif'), AVIF_WEBP, 'image/webp'],
    ['a TIFF', () => encode(raw.quadrants(50, 50), 'tiff'), {}, 'image/png'],
    ['a BMP', () => encode(raw.quadrants(50, 50), 'bmp'), {}, 'image/png'],
    ['a WebP', () => encode(raw.quadrants(50, 50), 'webp'), {}, 'image/webp'],
    ['an AVIF', () => encode(raw.quadrants(64, 64), 'avif'), {}, 'image/avif'],
  ] as const)('%s for %o is %s', async (_case, make, headers, type) => {
    const answer = await house.ask(`${await stored(make())}/resize?size=40`, headers)
    expect([answer.status, answer.type]).toEqual([200, type])
    expect(answer.headers.get('vary')).toBe('Accept, Save-Data')
    expect(answer.headers.get('content-length')).toBe(String(answer.bytes.length))
    expect((await sharp(answer.bytes).metadata()).width).toBe(40)
  })

  it('an illustration as WebP is lossless', async () => {
    const source = await stored(bars(100, 100))
    const webp = await decode((await house.ask(`${source}/resize?size=100`, WEBP)).bytes)
    const png = await decode((await house.ask(`${source}/resize?size=100`)).bytes)
    expect(webp.data.equals(png.data)).toBe(true)
  })

  it('an animated GIF keeps its frames, delays and loops, also as WebP', async () => {
    const source = await stored(animated('gif', { delays: [100, 200, 300], loop: 3 }))
    for (const headers of [{}, WEBP]) {
      const answer = await house.ask(`${source}/resize?size=20`, headers)
      const seen = await sharp(answer.bytes, { pages: -1 }).metadata()
      expect(seen).toMatchObject({ pages: 3, width: 20, pageHeight: 16, delay: [100, 200, 300], loop: 3 })
      const frames = await decode(answer.bytes, { pages: -1 })
      expect(near(pixel(frames, 15, 10), RED, 30) && near(pixel(frames, 15, 16 + 10), GREEN, 30)).toBe(true)
    }
  })

  it('an SVG goes out unchanged on every operation, in the sandbox', async () => {
    const source = await stored(svg(100, 50))
    for (const operation of ['optimise', 'resize?size=10', 'fit?size=10x10', 'asis']) {
      const answer = await house.ask(`${source}/${operation}`, AVIF_WEBP)
      expect([answer.status, answer.type]).toEqual([200, 'image/svg+xml'])
      expect(answer.bytes.equals(svg(100, 50))).toBe(true)
      expect(answer.headers.get('content-security-policy')).toContain('sandbox')
    }
  })
})

describe('compression on real pictures', () => {
  it('a better connection gets a larger file: default, Save-Data, dppx', async () => {
    const source = await stored(jpeg(raw.photo(400, 300), 92))
    const size = async (query: string, headers: Readonly<Record<string, string>> = {}) =>
      (await house.ask(`${source}/resize?size=300${query}`, { ...WEBP, ...headers })).bytes.length
    const [plain, saving, dense] = [await size(''), await size('', { 'save-data': 'on' }), await size('&dppx=2')]
    expect(saving).toBeLessThan(plain)
    expect(dense).toBeLessThan(saving)
    expect(await size('&save-data=off', { 'save-data': 'on' })).toBe(plain)
  })

  it('optimise answers the source when the result would be larger, resize never does', async () => {
    const small = await jpeg(raw.noise(60, 60), 20)
    const source = await stored(sharp(small).jpeg({ quality: 20, optimiseCoding: true, progressive: true }).toBuffer())
    const bytes = (await house.ask(`${source}/asis`)).bytes
    const optimised = await house.ask(`${source}/optimise`)
    expect(optimised.bytes.length).toBeLessThanOrEqual(bytes.length)
    expect(optimised.type).toBe('image/jpeg')
    const resized = await house.ask(`${source}/resize?size=60`)
    expect(resized.bytes.equals(bytes)).toBe(false)
  })

  it('a JPEG comes out baseline with 4:2:0, EXIF is gone', async () => {
    const answer = await house.ask(`${await stored(withExif(120, 80))}/resize?size=100`)
    const seen = await sharp(answer.bytes).metadata()
    expect(seen).toMatchObject({ format: 'jpeg', isProgressive: false, chromaSubsampling: '4:2:0' })
    expect([seen.exif, seen.xmp, seen.iptc]).toEqual([undefined, undefined, undefined])
  })

  it('a profile stays in JPEG and WebP, not in PNG; CMYK becomes sRGB; grey stays grey', async () => {
    const profiled = await stored(withProfile(60, 40))
    for (const headers of [{}, WEBP]) {
      const { bytes } = await house.ask(`${profiled}/resize?size=30`, headers)
      expect((await sharp(bytes).metadata()).hasProfile).toBe(true)
    }
    const png = await house.ask(`${await stored(withProfile(60, 40, 'png'))}/resize?size=30`)
    expect((await sharp(png.bytes).metadata()).hasProfile).toBe(false)
    const cmyk = await sharp((await house.ask(`${await stored(cmykJpeg(60, 40))}/resize?size=30`)).bytes).metadata()
    expect(cmyk).toMatchObject({ space: 'srgb', channels: 3, hasProfile: false })
    const grey = await sharp((await house.ask(`${await stored(greyJpeg(60, 40))}/resize?size=30`)).bytes).metadata()
    expect(grey.channels).toBe(1)
  })

  it('transparency survives', async () => {
    const source = await stored(logo(60, 60))
    for (const headers of [{}, WEBP]) {
      const seen = await decode((await house.ask(`${source}/resize?size=30`, headers)).bytes)
      expect(pixel(seen, 0, 0)[3]).toBe(0)
    }
  })
})

describe('asis through a web source', () => {
  it('is byte-identical, with the type and the coding of the source and none of its other headers', async () => {
    const bytes = gzipSync('plain words')
    house.origin.answer('/assets/a.txt', {
      headers: {
        'content-type': 'text/x-words',
        'content-encoding': 'gzip',
        etag: '"theirs"',
        'cache-control': 'no-store',
        'set-cookie': 'a=b',
      },
      body: bytes,
    })
    const { get } = await import('node:http')
    const received = await new Promise<{ headers: Record<string, unknown>; body: Buffer }>((resolve) => {
      get(`${house.url}/api/2/img/assets/a.txt/asis?auth=${KEY}`, { headers: { 'accept-encoding': 'gzip' } }, (res) => {
        const chunks: Buffer[] = []
        res.on('data', (chunk: Buffer) => chunks.push(chunk))
        res.on('end', () => resolve({ headers: res.headers, body: Buffer.concat(chunks) }))
      })
    })
    expect(gunzipSync(received.body).toString()).toBe('plain words')
    expect(received.headers).toMatchObject({
      'content-type': 'text/x-words',
      'content-encoding': 'gzip',
      'cache-control': 'public, max-age=2592000',
    })
    expect(received.headers.etag).not.toBe('"theirs"')
    expect([received.headers['set-cookie'], received.headers.vary]).toEqual([undefined, undefined])
  })

  it('forwards a normalised Accept and Accept-Encoding and nothing else', async () => {
    house.origin.answer('*', { headers: { 'content-type': 'image/png' }, body: await quadrants(8, 8) })
    const headers = {
      ...AVIF_WEBP,
      'accept-encoding': 'br, gzip',
      cookie: 'a=b',
      authorization: 'Basic eA==',
      'user-agent': 'Me',
      referer: 'http://r.test',
    }
    await house.ask('assets/b.png/asis', headers)
    await house.ask('assets/b.png/resize?size=4', headers)
    const [asis, resize] = house.origin.requests
    expect(asis?.headers).toMatchObject({ accept: 'image/avif,image/webp,*/*', 'accept-encoding': 'gzip' })
    for (const seen of [asis, resize]) {
      expect([seen?.headers.cookie, seen?.headers.authorization, seen?.headers.referer]).toEqual([
        undefined,
        undefined,
        undefined,
      ])
      expect(seen?.headers['user-agent']).not.toBe('Me')
    }
    expect(resize?.headers.accept ?? '').not.toContain('image/avif')
  })

  it('sniffs the type when the source sends none', async () => {
    house.origin.answer('/assets/untyped', { body: await quadrants(8, 8, 'gif') })
    expect((await house.ask('assets/untyped/asis')).type).toBe('image/gif')
  })
})

describe('sources', () => {
  it('several sizes of a picture cost one fetch', async () => {
    house.origin.answer('/assets/once.png', { body: await quadrants(40, 40) })
    for (const size of [10, 20, 30]) await house.ask(`assets/once.png/resize?size=${size}`)
    expect(house.origin.requests).toHaveLength(1)
  })

  it('the query, blanks and double encoding of a source arrive as the contract says', async () => {
    house.origin.answer('*', { body: await quadrants(8, 8) })
    await house.ask('assets/q.png%3Fv%3D1%26w%3D2/resize?size=4')
    await house.ask('assets/a%2520b%20c+d.png/resize?size=4')
    await house.ask(`${house.origin.url}/x%23frag/resize?size=4`)
    expect(house.origin.requests.map(({ target }) => target)).toEqual([
      '/assets/q.png?v=1&w=2',
      '/assets/a%20b%20c+d.png',
      '/x',
    ])
  })

  it('redirects are followed inside of the allowed hosts and no further', async () => {
    house.origin.answer('/inside', { status: 302, headers: { location: '/there' } })
    house.origin.answer('/there', { body: await quadrants(8, 8) })
    house.origin.answer('/outside', {
      status: 302,
      headers: { location: `http://localhost:${house.origin.port}/there` },
    })
    expect((await house.ask(`${house.origin.url}/inside/resize?size=4`)).status).toBe(200)
    expect((await house.ask(`${house.origin.url}/outside/resize?size=4`)).status).toBe(401)
  })

  it('a web connection needs no allowed host for itself, nor for redirects on its own host', async () => {
    house.origin.answer('/assets/own.png', { status: 302, headers: { location: '/elsewhere.png' } })
    house.origin.answer('/elsewhere.png', { body: await quadrants(8, 8) })
    const projects = house.directory.projects
    house.directory.projects = projects.map((project) => ({ ...project, keys: [keyOf(KEY, { allowedHosts: [] })] }))
    house.directory.change()
    const own = await house.ask('assets/own.png/resize?size=4')
    const byUrl = await house.ask(`${house.origin.url}/elsewhere.png/resize?size=4`)
    house.directory.projects = projects
    house.directory.change()
    expect([own.status, byUrl.status]).toEqual([200, 401])
  })

  it('410 Gone is told as missing', async () => {
    house.origin.answer('/assets/410', { status: 410 })
    expect((await house.ask('assets/410/optimise')).status).toBe(404)
  })

  it('404 stays 404 and 403 stays 403, anything else is 500 with the prefix of the engine', async () => {
    const answerTo = async (status: number) => {
      house.origin.answer(`/assets/${status}`, { status })
      const answer = await house.ask(`assets/${status}/optimise`)
      return [answer.status, answer.text.slice(0, 19)]
    }
    expect(await answerTo(404)).toEqual([404, 'Error reading image'])
    expect(await answerTo(403)).toEqual([403, 'Error reading image'])
    expect(await answerTo(401)).toEqual([403, 'Error reading image'])
    expect(await answerTo(500)).toEqual([500, 'Error reading image'])
    expect((await house.ask('bucket/missing.png/optimise')).status).toBe(404)
    expect((await house.ask('gone/a.png/optimise')).status).toBe(500)
  })

  it('one switch answers every failure with 500', async () => {
    house.configure({ upstreamErrors: 'always500' })
    const answer = await house.ask('bucket/missing.png/optimise')
    house.configure({})
    expect([answer.status, answer.headers.get('vary')]).toEqual([500, 'Accept, Save-Data'])
  })

  it('a file beyond 50 MB is 413', async () => {
    house.origin.answer('/assets/huge', { headers: { 'content-length': String(52_428_801) }, body: 'x', cutAfter: 1 })
    expect((await house.ask('assets/huge/optimise')).status).toBe(413)
  })
})

describe('files that are no good pictures', () => {
  it.each([
    ['a web page', broken.html],
    ['an archive', broken.zip],
    ['nothing', broken.empty],
    ['a truncated JPEG', broken.truncatedJpeg],
    ['a truncated PNG', broken.truncatedPng],
    ['a head without a body', () => broken.headOnly('png', 60)],
  ])('%s is 500 and the server goes on', async (_case, make) => {
    const answer = await house.ask(`${await stored(Promise.resolve(make()))}/resize?size=10`)
    expect(answer.status).toBe(500)
    expect(answer.text).toMatch(/^Error transforming image: '.*'\n$/)
    expect(answer.headers.get('cache-control')).toBeNull()
    expect((await house.send('GET', '/health')).status).toBe(200)
  })

  it('a picture that claims to be gigantic is 413', async () => {
    expect((await house.ask(`${await stored(broken.lyingPng())}/resize?size=10`)).status).toBe(413)
    expect((await house.ask(`${await stored(broken.gifBomb(500))}/optimise`)).status).toBe(413)
  })
})

describe('purge and warm-up on the real cache', () => {
  it('a purge makes the next request fetch again', async () => {
    house.origin.answer('/assets/purged.png', { body: await quadrants(8, 8) })
    await house.ask('assets/purged.png/resize?size=4')
    await house.ask('assets/purged.png/asis')
    const before = house.origin.requests.length
    expect((await house.send('DELETE', '/api/2/img/assets/purged.png')).status).toBe(200)
    await house.ask('assets/purged.png/resize?size=4')
    expect(house.origin.requests.length).toBe(before + 1)
  })

  it('a warmed picture is in the cache in every format', async () => {
    const source = await stored(photo(80, 60, 'jpeg'))
    const images = [`${house.url}/api/2/img/${source}/resize?size=40&auth=${KEY}`]
    const accepted = await house.send('POST', '/api/2/img/warmup', JSON.stringify({ images }))
    expect(accepted.status).toBe(202)
    await expect.poll(() => house.delivery.stats().running, { timeout: 10_000 }).toBe(0)
    await expect
      .poll(async () => {
        const { misses } = house.delivery.stats()
        for (const headers of [{}, WEBP, { accept: 'image/avif' }, AVIF_WEBP])
          await house.ask(`${source}/resize?size=40`, headers)
        return house.delivery.stats().misses - misses
      })
      .toBe(0)
  })
})

describe('the real house', () => {
  it('answers any parameters for a good picture with a picture or a 400', async () => {
    const source = await stored(photo(64, 48, 'jpeg'))
    const sizes = fc.oneof(fc.constantFrom('1', 'x1', '1x1', '9999', '7x', '64x48', 'abc', ''), fc.nat(300).map(String))
    const queries = fc.record({
      operation: fc.constantFrom('optimise', 'resize', 'fit', 'asis'),
      size: sizes,
      dppx: fc.constantFrom('', '1', '2', 'x'),
      trim: fc.constantFrom('', '&trim-border', '&trim-border=0', '&trim-border=x'),
      accept: fc.constantFrom('', 'image/webp', 'image/avif,image/webp'),
    })
    await fc.assert(
      fc.asyncProperty(queries, async ({ operation, size, dppx, trim, accept }) => {
        // A side of 9999 costs seconds; the limits are tested elsewhere.
        const query = `size=${size.replace('9999', '99')}&dppx=${dppx}${trim}`
        const answer = await house.ask(`${source}/${operation}?${query}`, { accept })
        expect([200, 400]).toContain(answer.status)
        if (answer.status === 200) expect((await sharp(answer.bytes).metadata()).width).toBeGreaterThan(0)
      }),
      { numRuns: 60 },
    )
  })
})
