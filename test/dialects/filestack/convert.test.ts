import sharp from 'sharp'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { legacyTasks } from '../../../src/dialects/filestack/legacy-tasks.ts'
import { createParameters } from '../../../src/dialects/filestack/parameters.ts'
import { printTask } from '../../../src/dialects/filestack/processing/grammar.ts'
import { formOf, type House, KEY, OTHER_KEY, openHouse, signed } from './house.ts'

describe('parameters as tasks, in their fixed order', () => {
  test.each([
    ['', ''],
    ['w=100&h=50&fit=crop&align=top', 'resize=width:100,height:50,fit:crop,align:top'],
    ['width=100&plugin=js_lib&_cacheBust=1', 'resize=width:100'],
    ['fit=max', ''],
    ['format=png&w=10&crop=1,2,3,4', 'resize=width:10/crop=dim:[1,2,3,4]/output=format:png'],
    ['w=10&crop=1,%202,3,4&crop_first=true', 'crop=dim:[1,2,3,4]/resize=width:10'],
    ['rotate=90&filter=blur&blurAmount=5&w=9', 'resize=width:9/blur=amount:5/rotate=deg:90'],
    ['filter=sharpen&quality=50', 'sharpen/quality=value:50'],
    ['format=jpg&quality=50&compress=true', 'output=format:jpg,quality:50/compress'],
    ['rotate=exif', 'rotate=deg:exif'],
    ['exif=false', 'rotate=exif:false'],
    [
      'watermark=Zk9mVq2RSLu7xN0bTfHw&watermark_size=30&watermark_position=bottom,right&w=5',
      'resize=width:5/watermark=file:Zk9mVq2RSLu7xN0bTfHw,size:30,position:[bottom,right]',
    ],
  ])('%s', (query, tasks) => {
    expect(
      legacyTasks(createParameters([...new URLSearchParams(query)]))
        .map(printTask)
        .join('/'),
    ).toBe(tasks)
  })
})

describe('over HTTP', () => {
  let house: House
  let handle: string
  beforeAll(async () => {
    house = await openHouse()
    const left = await sharp({ create: { width: 40, height: 60, channels: 3, background: 'red' } })
      .png()
      .toBuffer()
    const picture = await sharp({ create: { width: 80, height: 60, channels: 3, background: 'blue' } })
      .composite([{ input: left, left: 0, top: 0 }])
      .png()
      .toBuffer()
    handle = (await house.store('filename=halves.png', formOf(picture))).json.handle
  })
  afterAll(() => house.stop())
  beforeEach(() => house.configure({}))

  const convert = (query: string) => house.send('GET', `/api/file/${handle}/convert?${query}`)
  const look = async (bytes: Buffer) => {
    const { data, info } = await sharp(bytes).removeAlpha().raw().toBuffer({ resolveWithObject: true })
    const at = (x: number, y: number) => [...data.subarray((y * info.width + x) * 3, (y * info.width + x) * 3 + 3)]
    return { width: info.width, height: info.height, at }
  }
  const RED = [255, 0, 0]
  const BLUE = [0, 0, 255]

  test('a smaller picture', async () => {
    const { status, headers, bytes } = await convert('w=40')
    expect([status, headers.get('content-type')]).toEqual([200, 'image/png'])
    expect(headers.get('content-security-policy')).toContain('sandbox')
    const seen = await look(bytes)
    expect([seen.width, seen.height, seen.at(5, 15), seen.at(35, 15)]).toEqual([40, 30, RED, BLUE])
  })

  test('the crop counts pixels after the resize, or before it', async () => {
    const after = await look((await convert('w=40&crop=20,0,20,30')).bytes)
    expect([after.width, after.height, after.at(10, 10)]).toEqual([20, 30, BLUE])
    const before = await look((await convert('crop_first=true&w=40&crop=20,0,20,30')).bytes)
    expect([before.width, before.height, before.at(20, 10)]).toEqual([40, 60, RED])
  })

  test('another format, turned', async () => {
    const { headers, bytes } = await convert('rotate=90&format=jpg&quality=90')
    expect(headers.get('content-type')).toBe('image/jpeg')
    expect(headers.get('content-disposition')).toBe('inline; filename="halves.jpg"')
    const seen = await look(bytes)
    expect([seen.width, seen.height]).toEqual([60, 80])
  })

  test('a file link as watermark', async () => {
    const mark = await sharp({ create: { width: 10, height: 10, channels: 3, background: 'lime' } })
      .png()
      .toBuffer()
    const { json } = await house.store('', formOf(mark))
    const watermark = encodeURIComponent(json.url)
    const seen = await look((await convert(`watermark=${watermark}&watermark_position=bottom,right`)).bytes)
    expect([seen.at(75, 55), seen.at(60, 40)]).toEqual([[0, 255, 0], BLUE])
  })

  test.each([
    'w=0',
    'w=a',
    'fit=nothing',
    'crop=1,2,3',
    'crop=500,500,5,5',
    'rotate=400',
    'filter=magic',
    'format=nothing',
    'quality=101',
    'unheard=of',
    'w=10&filter=blur&blurAmount=21',
  ])('%s: invalid conversion params', async (query) => {
    const { status, text } = await convert(query)
    expect([status, text.replace(/^\[uuid=[0-9a-f]{16}\] /, '')]).toEqual([400, 'Invalid conversion params'])
  })

  test('what is no picture cannot be converted', async () => {
    const { json } = await house.store('', formOf('no picture at all'))
    const { status, text } = await house.send('GET', `/api/file/${json.handle}/convert?w=10`)
    expect([status, text.replace(/^\[.*\] /, '')]).toEqual([400, 'Invalid conversion params'])
  })

  test('POST stores it, and tells of it as a store call does', async () => {
    const body = new URLSearchParams({ w: '40', format: 'jpg', key: KEY, storePath: '/made/', storeAccess: 'private' })
    const { status, json } = await house.send('POST', `/api/file/${handle}/convert`, { body })
    expect(status).toBe(200)
    expect(json.handle).not.toBe(handle)
    expect(json).toEqual({
      ...{ url: `${house.url}/api/file/${json.handle}`, handle: json.handle, size: json.size, isWriteable: true },
      ...{ type: 'image/jpeg', mimetype: 'image/jpeg', filename: 'halves.jpg', key: json.key, container: '' },
    })
    expect(json.key).toMatch(/^made\/[A-Za-z0-9_-]{20}_halves\.jpg$/)
    const seen = await look(await house.object(json.key))
    expect([seen.width, seen.height]).toEqual([40, 30])
  })

  test('POST takes the other names of the same, in a query', async () => {
    const query = `w=40&key=${KEY}&location=azure&path=/a.png&filename=b.png`
    const { json } = await house.send('POST', `/api/file/${handle}/convert?${query}`)
    expect(json).toMatchObject({ key: 'kept/a.png', filename: 'b.png', type: 'image/png' })
  })

  test('needs convert, and store where it stores', async () => {
    house.configure({ security: true })
    expect((await convert('w=40')).status).toBe(403)
    expect((await convert(`w=40&${signed({ call: 'read' })}`)).status).toBe(403)
    expect((await convert(`w=40&${signed({ call: 'convert' })}`)).status).toBe(200)
    expect((await convert(`w=40&${signed({ call: 'convert', handle: 'another' })}`)).status).toBe(403)
    const post = (query: string) => house.send('POST', `/api/file/${handle}/convert?w=40&key=${KEY}&${query}`)
    expect((await post(signed({ call: 'convert' }))).status).toBe(403)
    expect((await post(signed({ call: ['convert', 'store'] }))).status).toBe(200)
    expect((await post(signed({ call: ['convert', 'store'], path: '^up/' }))).status).toBe(403)
    const foreign = await house.send('POST', `/api/file/${handle}/convert?w=40&key=${OTHER_KEY}&${signed({})}`)
    expect(foreign.status).toBe(403)
  })
})
