import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { decode, meanDifference, near, oriented, type Pixels, pixel, raw, WHITE } from '../../../support/pictures.ts'
import { wrongPixels } from '../../imagekit/looking.ts'
import { type Cdn, openCdn } from './cdn.ts'

let cdn: Cdn
const picture = raw.gradient(60, 40)
let source = ''

beforeAll(async () => {
  cdn = await openCdn()
  source = await cdn.put(picture)
})
afterAll(() => cdn.stop())

const sizeOf = ({ width, height }: Pixels) => [width, height]

describe('the file that is written', () => {
  const formatOf = async (tasks: string, handle: string, accept = '*/*') => {
    const answer = await cdn.get(`/${tasks}/${handle}`, { accept })
    const { format, compression } = await sharp(answer.bytes).metadata()
    return { format: compression === 'av1' ? 'avif' : format, answer }
  }

  it.each([
    ['jpg', 'jpeg', 'image/jpeg', 'a.jpg'],
    ['pjpg', 'jpeg', 'image/jpeg', 'a.jpg'],
    ['png', 'png', 'image/png', 'a.png'],
    ['webp', 'webp', 'image/webp', 'a.webp'],
    ['gif', 'gif', 'image/gif', 'a.gif'],
    ['avif', 'avif', 'image/avif', 'a.avif'],
  ])('output=format:%s', async (format, expected, type, name) => {
    const seen = await formatOf(`output=format:${format}`, source)
    expect(seen.format).toBe(expected)
    expect(seen.answer.headers.get('content-type')).toBe(type)
    expect(seen.answer.headers.get('content-disposition')).toBe(`inline; filename="${name}"`)
    expect(seen.answer.headers.get('x-file-name')).toBe(name)
    expect((await sharp(seen.answer.bytes).metadata()).isProgressive).toBe(format === 'pjpg')
    expect(meanDifference(await decode(await sharp(seen.answer.bytes).png().toBuffer()), picture)).toBeLessThan(8)
  })

  it('transparent pictures get a background where the format has no holes', async () => {
    const logo = await cdn.put(raw.logo(40, 40))
    expect(near(pixel(await cdn.see('output=format:jpg', logo), 0, 0), WHITE, 6)).toBe(true)
    expect(near(pixel(await cdn.see('output=format:jpg,background:blue', logo), 0, 0), [0, 0, 255], 12)).toBe(true)
    expect(pixel(await cdn.see('output=format:png,background:blue', logo), 0, 0)[3]).toBe(0)
  })

  it('quality makes smaller files, never larger ones, of JPEG and WebP; others stay as they are', async () => {
    const bytes = await sharp(
      await sharp({
        create: { width: 200, height: 200, channels: 3, background: '#888', noise: { type: 'gaussian', sigma: 40 } },
      })
        .png()
        .toBuffer(),
    )
      .jpeg({ quality: 80 })
      .toBuffer()
    const photo = await cdn.put(bytes, 'p.jpg', 'image/jpeg')
    const small = await cdn.get(`/quality=value:20/${photo}`)
    expect(small.bytes.length).toBeLessThan(bytes.length / 2)
    expect((await cdn.get(`/quality=value:100/${photo}`)).bytes.equals(bytes)).toBe(true)
    const png = await cdn.get(`/${source}`)
    expect((await cdn.get(`/quality=value:20/${source}`)).bytes.equals(png.bytes)).toBe(true)
    const low = await cdn.get(`/resize=w:100/quality=value:10/${photo}`)
    const high = await cdn.get(`/resize=w:100/quality=value:90/${photo}`)
    expect(low.bytes.length).toBeLessThan(high.bytes.length / 2)
    expect((await cdn.get(`/output=format:jpg,quality:30/${photo}`)).bytes.length).toBeLessThan(
      (await cdn.get(`/output=format:jpg/${photo}`)).bytes.length / 2,
    )
  })

  it('metadata stays unless it shall go', async () => {
    const made = await sharp(
      await sharp({ create: { width: 40, height: 30, channels: 3, background: '#369' } })
        .jpeg()
        .toBuffer(),
    )
      .withExif({ IFD0: { Copyright: 'somebody' } })
      .toBuffer()
    const handle = await cdn.put(made, 'm.jpg', 'image/jpeg')
    const keeps = async (tasks: string) =>
      (await sharp((await cdn.get(`/${tasks}/${handle}`)).bytes).metadata()).exif?.includes('somebody') ?? false
    expect(await keeps('resize=w:20')).toBe(true)
    expect(await keeps('output=format:jpg')).toBe(true)
    expect(await keeps('output=format:jpg,strip:true')).toBe(false)
    expect(await keeps('resize=w:20/no_metadata')).toBe(false)
    expect(await keeps('resize=w:20/compress')).toBe(false)
    expect(await keeps('resize=w:20/compress=metadata:true')).toBe(true)
    expect(await keeps('pjpg')).toBe(false)
    expect(await keeps('pjpg=metadata:true')).toBe(true)
  })

  it('pjpg is progressive; compress loses no size and nothing that is seen', async () => {
    const photo = await cdn.put(oriented(1, 120, 80), 'p.jpg', 'image/jpeg')
    const progressive = await formatOf('pjpg=quality:60', photo)
    expect((await sharp(progressive.answer.bytes).metadata()).isProgressive).toBe(true)
    const [before, after] = [await cdn.get(`/${photo}`), await cdn.get(`/compress/${photo}`)]
    expect(after.bytes.length).toBeLessThanOrEqual(before.bytes.length)
    expect(meanDifference(await decode(after.bytes), await decode(before.bytes))).toBeLessThan(4)
    const png = await cdn.see('compress', source)
    expect(wrongPixels(png, (x, y) => pixel(picture, x, y), 0)).toBe(0)
  })

  it('auto_image is WebP for those who take it', async () => {
    const { format, answer } = await formatOf('resize=w:30/auto_image', source, 'image/avif,image/webp,*/*')
    expect(format).toBe('webp')
    expect(answer.headers.get('vary')).toBe('Accept')
    const other = await formatOf('resize=w:30/auto_image', source, 'image/png,*/*;q=0.8')
    expect(other.format).toBe('png')
    expect(other.answer.headers.get('vary')).toBe('Accept')
    expect((await formatOf('resize=w:30/auto_image', source, 'image/webp;q=0')).format).toBe('png')
    expect((await cdn.get(`/resize=w:30/${source}`)).headers.get('vary')).toBeNull()
  })

  it('upscale doubles', async () => {
    expect(sizeOf(await cdn.see('upscale', source))).toEqual([120, 80])
    expect(sizeOf(await cdn.see('upscale=upscale:false', source))).toEqual([60, 40])
  })

  it('density is written into the file', async () => {
    const answer = await cdn.get(`/output=format:jpg,density:300,strip:true/${source}`)
    expect((await sharp(answer.bytes).metadata()).density).toBe(300)
  })

  it('sources that browsers do not show become JPEG or PNG', async () => {
    const tiff = await cdn.put(
      await sharp(
        await sharp({ create: { width: 20, height: 10, channels: 3, background: '#369' } })
          .png()
          .toBuffer(),
      )
        .tiff()
        .toBuffer(),
      'a.tif',
      'image/tiff',
    )
    expect((await cdn.get(`/resize=w:10/${tiff}`)).headers.get('content-type')).toBe('image/jpeg')
    const svg = await cdn.put(
      '<svg xmlns="http://www.w3.org/2000/svg" width="40" height="20"><rect width="40" height="20" fill="#f00"/></svg>',
      'a.svg',
      'image/svg+xml',
    )
    const drawn = await cdn.get(`/resize=w:80/${svg}`)
    expect(['image/png', 'image/jpeg']).toContain(drawn.headers.get('content-type'))
    expect(near(pixel(await decode(drawn.bytes), 40, 20), [255, 0, 0], 8)).toBe(true)
  })
})
