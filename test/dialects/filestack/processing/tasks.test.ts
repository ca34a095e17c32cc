import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readChain } from '../../../../src/dialects/filestack/processing/chain.ts'
import { parseTarget } from '../../../../src/dialects/filestack/processing/grammar.ts'
import { readTask } from '../../../../src/dialects/filestack/processing/tasks/tasks.ts'
import { Fault } from '../../../../src/faults.ts'

const HANDLE = 'Zk9mVq2RSLu7xN0bTfHw'
const read = (text: string) => {
  const { tasks } = parseTarget(`/${text}/${HANDLE}`, () => false)
  const [first] = tasks
  if (first === undefined || tasks.length !== 1) throw new Error('one task')
  return readTask(first)
}
const WHITE = { r: 255, g: 255, b: 255, alpha: 1 }
const BLACK = { r: 0, g: 0, b: 0, alpha: 1 }
const RED = { r: 255, g: 0, b: 0, alpha: 1 }
const NONE = { r: 0, g: 0, b: 0, alpha: 0 }
const at = (x: number, y: number) => ({ x, y })
const file = { kind: 'handle', handle: HANDLE } as const

describe('defaults (§4.2, §4.3)', () => {
  it.each([
    ['resize=w:1', { width: 1, height: undefined, fit: 'clip', align: at(0.5, 0.5) }],
    ['rotate', { degrees: undefined, exif: undefined, background: WHITE }],
    ['flip', {}],
    ['flop', {}],
    ['flip=true', {}],
    ['monochrome', {}],
    ['negative', {}],
    ['sepia', { tone: 80 }],
    ['blackwhite', { threshold: 50 }],
    ['blur', { amount: 2 }],
    ['sharpen', { amount: 2 }],
    ['pixelate', { amount: 2 }],
    ['oil_paint', { amount: 2 }],
    ['modulate', { brightness: 100, saturation: 100, hue: 0 }],
    ['partial_blur=objects:[[1,2,3,4]]', { amount: 10, softness: 4, shape: 'rect' }],
    ['partial_pixelate=objects:[[1,2,3,4]]', { amount: 10, softness: 4, shape: 'rect' }],
    ['rounded_corners', { radius: 10, softness: 0.3, background: NONE }],
    ['circle', { background: NONE }],
    ['vignette', { amount: 20, mode: 'gaussian', background: NONE }],
    ['polaroid', { colour: { r: 255, g: 250, b: 250, alpha: 1 }, degrees: 0, background: NONE }],
    ['torn_edges', { spread: [1, 10], background: NONE }],
    ['shadow', { blur: 4, opacity: 60, vector: [4, 4], colour: BLACK, background: NONE }],
    ['border', { width: 2, colour: BLACK, background: WHITE }],
    [`watermark=file:${HANDLE}`, { file, size: 100, position: at(0.5, 0.5) }],
    [
      `collage=files:[${HANDLE}],w:1,h:2`,
      { files: [file], width: 1, height: 2, margin: 10, colour: WHITE, fit: 'auto', autorotate: false },
    ],
    ['animate', { delay: 1000, loop: 0, fit: 'clip', align: at(0.5, 0.5), background: NONE }],
    ['output', { format: undefined, compress: false, strip: false, colourSpace: 'rgb', background: WHITE }],
    ['compress', { metadata: false }],
    ['pjpg', { quality: undefined, metadata: false }],
    ['auto_image', {}],
    ['no_metadata', {}],
    ['upscale', { doubles: true }],
    ['store', { filename: undefined, location: undefined, access: undefined }],
    ['cache', { seconds: undefined }],
    ['imagesize', {}],
    ['zip', {}],
    ['debug', {}],
    ['metadata', { flags: [] }],
  ])('%s', (text, options) => {
    expect(read(text)).toEqual(expect.objectContaining({ task: text.replace(/=.*$/, ''), ...options }))
  })
})

describe('every option under its name and its alias, at both ends of its range', () => {
  const areas = '[[0,0,1,1]]'
  it.each([
    ['resize', 'width w', 'width', ['1', 1], ['10000', 10_000], '0', '10001', 'x', '1.5', ''],
    ['resize', 'height h', 'height', ['1', 1], ['10000', 10_000], '0', '10001', '-1'],
    ['resize=w:1', 'fit f', 'fit', ['clip', 'clip'], ['MAX', 'max'], 'cover'],
    ['resize=w:1', 'align a', 'align', ['top', at(0.5, 0)], ['[bottom,right]', at(1, 1)], 'middle_top', '[top]'],
    ['resize=w:1', 'align a', 'align', ['faces', at(0.5, 0.5)], ['[left,middle]', at(0, 0.5)], '[top,bottom]'],
    [
      'crop',
      'dim d',
      'dim',
      ['[0,0,1,1]', r(0, 0, 1, 1)],
      ['[100000,100000,100000,100000]', r(1e5, 1e5, 1e5, 1e5)],
      '[0,0,0,1]',
      '[-1,0,1,1]',
      '[0,0,1]',
      '1',
    ],
    ['rotate', 'deg d', 'degrees', ['0', 0], ['359', 359], '360', '-1'],
    ['rotate', 'deg d', 'degrees', ['exif', 'exif'], ['22.5', 22.5], 'left'],
    ['rotate', 'exif e', 'exif', ['true', true], ['false', false], 'yes', '1'],
    ['rotate', 'background b', 'background', ['F00', RED], ['ff0000', RED], 'F00F', '12', 'nocolour'],
    ['rotate', 'background b', 'background', ['FF0000FF', RED], ['Transparent', NONE], '%23ff00', '[red]'],
    ['sepia', 'tone t', 'tone', ['0', 0], ['100', 100], '101', '-1'],
    ['blackwhite', 'threshold t', 'threshold', ['0', 0], ['100', 100], '101'],
    ['blur', 'amount a', 'amount', ['0', 0], ['20', 20], '21', '-1'],
    ['sharpen', 'amount a', 'amount', ['0', 0], ['20', 20], '20.1'],
    ['pixelate', 'amount a', 'amount', ['2', 2], ['100', 100], '1', '101'],
    ['oil_paint', 'amount a', 'amount', ['1', 1], ['100', 100], '0', '101'],
    ['modulate', 'brightness b', 'brightness', ['0', 0], ['10000', 10_000], '10001'],
    ['modulate', 'saturation s', 'saturation', ['0', 0], ['10000', 10_000], '-1'],
    ['modulate', 'hue h', 'hue', ['0', 0], ['359', 359], '360'],
    [
      'partial_blur',
      'objects o',
      'areas',
      [areas, [r(0, 0, 1, 1)]],
      ['[[10000,10000,10000,10000]]', [r(1e4, 1e4, 1e4, 1e4)]],
      '[]',
      '[[0,0,0,1]]',
      '[[10001,0,1,1]]',
      many(51),
    ],
    [`partial_blur=objects:${areas}`, 'amount a', 'amount', ['0', 0], ['20', 20], '21'],
    [`partial_blur=objects:${areas}`, 'blur l', 'softness', ['0', 0], ['20', 20], '21'],
    [`partial_blur=objects:${areas}`, 'type t', 'shape', ['rect', 'rect'], ['oval', 'oval'], 'star'],
    [`partial_pixelate=objects:${areas}`, 'amount a', 'amount', ['2', 2], ['100', 100], '1'],
    ['rounded_corners', 'radius r', 'radius', ['1', 1], ['max', 'max'], '0', '10001'],
    ['round_corners', 'blur l', 'softness', ['0', 0], ['20', 20], '21'],
    ['circle', 'background b', 'background', ['red', RED], ['RED', RED], 'reddish'],
    ['vignette', 'amount a', 'amount', ['0', 0], ['100', 100], '101'],
    ['vignette', 'blurmode m', 'mode', ['linear', 'linear'], ['Gaussian', 'gaussian'], 'box'],
    ['polaroid', 'color c', 'colour', ['f00', RED], ['red', RED], ''],
    ['polaroid', 'rotate r', 'degrees', ['0', 0], ['359', 359], '360'],
    ['torn_edges', 'spread s', 'spread', ['[1,1]', [1, 1]], ['[10000,1]', [10_000, 1]], '[0,1]', '[1]', '5'],
    ['shadow', 'blur l', 'blur', ['0', 0], ['20', 20], '100'],
    ['shadow', 'opacity o', 'opacity', ['0', 0], ['100', 100], '101'],
    ['shadow', 'vector v', 'vector', ['[-1000,1000]', [-1000, 1000]], ['[0,0]', [0, 0]], '[1001,0]', '[1,2,3]'],
    ['shadow', 'color c', 'colour', ['f00', RED], ['red', RED], '#'],
    ['border', 'width w', 'width', ['0', 0], ['1000', 1000], '1001'],
    ['border', 'background b', 'background', ['f00', RED], ['transparent', NONE], 'x'],
    ['watermark', 'file f', 'file', [HANDLE, file], [`"${HANDLE}"`, file], '""', `[${HANDLE},${HANDLE}]`],
    [`watermark=file:${HANDLE}`, 'size s', 'size', ['0', 0], ['500', 500], '501'],
    [`watermark=file:${HANDLE}`, 'position p', 'position', ['left', at(0, 0.5)], ['[top,left]', at(0, 0)], 'corner'],
    ['collage=w:1,h:1', 'files f', 'files', [`[${HANDLE}]`, [file]], [`["${HANDLE}"]`, [file]], '[]', '[""]'],
    [`collage=f:[${HANDLE}],w:1,h:1`, 'margin m', 'margin', ['1', 1], ['100', 100], '0', '101'],
    [`collage=f:[${HANDLE}],w:1,h:1`, 'color c', 'colour', ['f00', RED], ['red', RED], 'x'],
    [`collage=f:[${HANDLE}],w:1,h:1`, 'fit i', 'fit', ['auto', 'auto'], ['crop', 'crop'], 'clip'],
    [`collage=f:[${HANDLE}],w:1,h:1`, 'autorotate a', 'autorotate', ['true', true], ['false', false], 'maybe'],
    ['animate', 'delay', 'delay', ['0', 0], ['10000', 10_000], '10001'],
    ['animate', 'loop', 'loop', ['0', 0], ['1000', 1000], '1001'],
    ['animate', 'width', 'width', ['1', 1], ['1800', 1800], '1801', '0'],
    ['animate', 'height', 'height', ['1', 1], ['1800', 1800], '1801'],
    ['animate', 'fit', 'fit', ['scale', 'scale'], ['crop', 'crop'], 'max'],
    ['output', 'format f', 'format', ['jpg', 'jpg'], ['PJPG', 'pjpg'], 'mp4'],
    ['output', 'quality', 'quality', ['1', 1], ['input', 'input'], '0', '101'],
    ['output', 'compress', 'compress', ['true', true], ['false', false], '1'],
    ['output', 'strip', 'strip', ['true', true], ['false', false], '1'],
    ['output', 'colorspace', 'colourSpace', ['rgb', 'rgb'], ['input', 'input'], 'lab'],
    ['output', 'background', 'background', ['f00', RED], ['red', RED], 'x'],
    ['output', 'density', 'density', ['1', 1], ['500', 500], '501', '0'],
    ['output', 'page', 'page', ['1', 1], ['100', 100], '0'],
    ['quality', 'value v', 'value', ['1', 1], ['100', 100], '0', '101', 'input'],
    ['compress', 'metadata m', 'metadata', ['true', true], ['false', false], 'x'],
    ['pjpg', 'quality', 'quality', ['0', 0], ['100', 100], '101'],
    ['upscale', 'upscale u', 'doubles', ['true', true], ['false', false], 'x'],
    ['upscale', 'noise n', 'noise', ['none', 'none'], ['high', 'high'], 'loud'],
    ['upscale', 'style s', 'style', ['photo', 'photo'], ['artwork', 'artwork'], 'x'],
    ['cache', 'expiry e', 'seconds', ['1', 1], ['31536000', 31_536_000], '0', '31536001'],
    ['cache', 'expiry e', 'seconds', ['max', 31_536_000], ['60', 60], 'long'],
    ['store', 'access a', 'access', ['PUBLIC', 'public'], ['private', 'private'], 'open'],
    ['store', 'base64decode b', 'base64decode', ['true', true], ['false', false], 'x'],
    ['store', 'location l', 'location', ['s3', 's3'], ['azure', 'azure']],
    ['fallback', 'file f', 'file', [HANDLE, file], [`"${HANDLE}"`, file], '""'],
    ['fallback', 'handle h', 'file', [HANDLE, file], [`"${HANDLE}"`, file]],
    [`fallback=file:${HANDLE}`, 'cache c', 'seconds', ['1', 1], ['31536000', 31_536_000], '0'],
  ] satisfies readonly Row[])(
    '%s: %s',
    (...[task, names, member, [low, lowValue], [high, highValue], ...wrong]: Row) => {
      for (const name of names.split(' ')) {
        const write = (value: string) => `${task}${task.includes('=') ? ',' : '='}${name}:${value}`
        expect(read(write(low))).toHaveProperty(member, lowValue)
        expect(read(write(high))).toHaveProperty(member, highValue)
        for (const value of wrong) {
          expect(() => read(write(value)), value).toThrow(
            `invalid parameter \`${name}\` for \`${task.replace(/=.*/, '')}\` task`,
          )
        }
      }
    },
  )
})

type Row = [task: string, names: string, member: string, low: Seen, high: Seen, ...wrong: string[]]
type Seen = [text: string, value: unknown]

function r(x: number, y: number, width: number, height: number) {
  return { x, y, width, height }
}

function many(count: number): string {
  return `[${Array.from({ length: count }, () => '[0,0,1,1]').join(',')}]`
}

describe('what is refused', () => {
  it.each([
    ['resize=heigt:100', 'invalid parameter `heigt` for `resize` task'],
    ['resize', 'missing parameter `width` or `height` for `resize` task'],
    ['resize=fit:crop', 'missing parameter `width` or `height` for `resize` task'],
    ['crop', 'missing parameter `dim` for `crop` task'],
    ['quality', 'missing parameter `value` for `quality` task'],
    ['watermark=size:10', 'missing parameter `file` for `watermark` task'],
    ['collage=w:1,h:1', 'missing parameter `files` for `collage` task'],
    [`collage=f:[${HANDLE}],w:1`, 'missing parameter `height` for `collage` task'],
    ['security=p:x', 'missing parameter `signature` for `security` task'],
    ['fallback=cache:1', 'missing parameter `handle` or `file` for `fallback` task'],
    ['flip=angle:1', 'invalid parameter `angle` for `flip` task'],
    ['flip=now', 'invalid parameter `now` for `flip` task'],
    ['cache=never', 'invalid parameter `never` for `cache` task'],
    ['spin', 'invalid task `spin`'],
    ['toString', 'invalid task `toString`'],
    ['constructor=a:1', 'invalid task `constructor`'],
  ])('%s: %s', (text, message) => {
    expect(() => read(text)).toThrow(message)
  })

  it.each(
    [
      'ascii detect_faces crop_faces pixelate_faces blur_faces smart_crop enhance redeye tags sfw caption ocr copyright',
      'image_sentiment text_sentiment doc_detection video_convert video_playlist pdfinfo pdfconvert pdfcreate',
      'doc_to_images preview urlscreenshot minify_js minify_css content',
    ]
      .join(' ')
      .split(' '),
  )('%s is understood, and not here', (name) => {
    expect(() => read(`${name}=a:1`)).toThrow(
      expect.objectContaining({ code: 'unsupported', message: expect.stringContaining(`\`${name}\``) }),
    )
  })

  it.each(['output=format:pdf', 'output=f:svg', 'output=f:docx', 'output=colorspace:cmyk'])(
    '%s is not here',
    (text) => {
      expect(() => read(text)).toThrow(expect.objectContaining({ code: 'unsupported' }))
      expect(() => read(text)).toThrow('`output`')
    },
  )
})

describe('a chain', () => {
  const chain = (text: string) => readChain(parseTarget(`/${text}/${HANDLE}`, () => false).tasks)

  it('keeps the order of what changes the picture, and takes the rest wherever it stands', () => {
    const seen = chain('store=filename:a/flip/security=p:P,s:S/cache=expiry:5/flop/store=filename:b,path:"x/"')
    expect(seen.images.map(({ task }) => task)).toEqual(['flip', 'flop'])
    expect(seen).toMatchObject({
      credentials: { policy: 'P', signature: 'S' },
      cache: 5,
      store: { filename: 'b', path: 'x/' },
    })
  })

  it('options of several stores are put together', () => {
    expect(chain('store=filename:a,access:public/store=container:c').store).toMatchObject({
      filename: 'a',
      access: 'public',
      container: 'c',
    })
  })

  it('cache=false asks no cache; debug comes first', () => {
    expect(chain('cache=false').cache).toBe('no')
    expect(chain('cache').cache).toBeUndefined()
    expect(chain('metadata=size,mimetype:true,name:false').metadata).toEqual(['mimetype', 'size'])
    expect(() => chain('flip/debug')).toThrow('debug')
  })

  it('whatever the options are, a chain or a Fault comes out', () => {
    const name = fc.constantFrom(
      'resize',
      'crop',
      'shadow',
      'collage',
      'cache',
      'metadata',
      'output',
      'store',
      'rotate',
    )
    const option = fc.record(
      {
        name: fc.oneof(fc.constantFrom('width', 'w', 'dim', 'vector', 'files', 'background', 'expiry'), fc.string()),
        value: fc.oneof(fc.string(), fc.array(fc.oneof(fc.string(), fc.nat().map(String)), { maxLength: 5 })),
      },
      { requiredKeys: ['value'] },
    )
    fc.assert(
      fc.property(
        fc.array(fc.record({ name, options: fc.array(option, { maxLength: 4 }) }), { maxLength: 4 }),
        (tasks) => {
          try {
            readChain(tasks)
          } catch (error) {
            expect(error).toBeInstanceOf(Fault)
          }
        },
      ),
      { numRuns: 2000 },
    )
  })
})
