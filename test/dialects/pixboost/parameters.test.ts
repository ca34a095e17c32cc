import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { BadParameter, readParameters, readSize } from '../../../src/dialects/pixboost/parameters.ts'
import { parseQuery } from '../../../src/dialects/pixboost/query.ts'

describe('size', () => {
  it.each([
    ['resize', '200', { width: 200 }],
    ['resize', '200x', { width: 200 }],
    ['resize', 'x80', { height: 80 }],
    ['resize', '200x100', { width: 200, height: 100 }],
    ['resize', '%32%30%30', { width: 200 }],
    ['resize', '1', { width: 1 }],
    ['resize', '9999x9999', { width: 9999, height: 9999 }],
    ['fit', '200x100', { width: 200, height: 100 }],
  ] as const)('%s?size=%s is understood', (operation, size, expected) => {
    expect(readSize(operation, parseQuery(`size=${size}`))).toEqual(expected)
  })

  it.each([
    ['resize', '300xx'],
    ['resize', '200X100'],
    ['resize', '1.5'],
    ['resize', '-5'],
    ['resize', '%2B200'],
    ['resize', '200%20'],
    ['resize', '200+'],
    ['resize', 'abc'],
    ['resize', 'x'],
    ['resize', '0'],
    ['resize', '0x100'],
    ['resize', '100x0'],
    ['resize', '10000'],
    ['resize', '12345678'],
    ['resize', '12345678901234567890'],
    ['resize', '%D9%A3%D9%A0%D9%A0'],
    ['fit', '300'],
    ['fit', '300x'],
    ['fit', 'x300'],
    ['fit', '300x0'],
  ] as const)('%s?size=%s is refused', (operation, size) => {
    expect(() => readSize(operation, parseQuery(`size=${size}`))).toThrow('size param should be in format WxH')
  })

  it.each(['', 'size', 'size=', 'size=1&size=1', 'SIZE=1', 'size=1;'])('is required: ?%s', (query) => {
    expect(() => readSize('resize', parseQuery(query))).toThrow('size param is required')
    expect(() => readSize('fit', parseQuery(query))).toThrow('size param is required')
  })

  it('is ignored by optimise and asis', () => {
    expect(readSize('optimise', parseQuery('size=abc'))).toBeUndefined()
    expect(readSize('asis', parseQuery('size=abc'))).toBeUndefined()
  })
})

const read = (query: string, saving: { saveData?: boolean; header?: boolean } = {}) =>
  readParameters('optimise', parseQuery(query), undefined, { saveData: true, header: false, ...saving })

describe('dppx', () => {
  it.each([
    ['1', 'default'],
    ['1.99', 'default'],
    ['2', 'lower'],
    ['2.625', 'lower'],
    ['4', 'lower'],
    ['%2B2', 'lower'],
    ['2.', 'lower'],
    ['.2e1', 'lower'],
    ['2E0', 'lower'],
    ['-3', 'default'],
    ['', 'default'],
    ['3&dppx=3', 'default'],
    ['x&dppx=y', 'default'],
  ])('dppx=%s gives level %s', (value, level) => {
    expect(read(`dppx=${value}`).level).toBe(level)
  })

  it.each(['abc', 'NaN', 'Infinity', '0x2', '1e999', '2,5', '2_0', '+', '.', '1e'])('dppx=%s is refused', (value) => {
    expect(() => read(`dppx=${encodeURIComponent(value)}`)).toThrow('dppx query param must be a number')
  })
})

describe('save-data and the level', () => {
  it.each([
    ['', false, 'default', false],
    ['', true, 'low', false],
    ['save-data=', true, 'low', false],
    ['save-data=off', true, 'default', false],
    ['save-data=off&save-data=off', true, 'low', false],
    ['save-data=hide', true, 'low', true],
    ['save-data=hide', false, 'default', false],
    ['save-data=bad&save-data=bad', true, 'low', false],
    ['dppx=2', true, 'lower', false],
    ['dppx=2&save-data=off', true, 'lower', false],
    ['dppx=2&save-data=hide', true, 'lower', true],
  ] as const)('?%s with the header %s gives %s, hide %s', (query, header, level, hide) => {
    expect(read(query, { header })).toMatchObject({ level, hide })
  })

  it('another word is refused, also without the header', () => {
    for (const value of ['on', 'OFF', 'Hide', '1']) {
      expect(() => read(`save-data=${value}`)).toThrow("save-data query param must be one of 'off', 'hide'")
    }
  })

  it('means nothing where Save-Data support is off', () => {
    expect(read('save-data=nonsense', { saveData: false, header: true })).toMatchObject({
      level: 'default',
      hide: false,
    })
    expect(read('save-data=hide', { saveData: false, header: true }).hide).toBe(false)
  })
})

describe('trim-border', () => {
  it.each(['', '=', '=1', '=t', '=T', '=true', '=TRUE', '=True', '=0&trim-border=0', '=x&trim-border=y'])(
    'trim-border%s is on',
    (value) => {
      expect(read(`trim-border${value}`).trim).toBe(true)
    },
  )

  it.each(['=0', '=f', '=F', '=false', '=FALSE', '=False'])('trim-border%s is off', (value) => {
    expect(read(`trim-border${value}`).trim).toBe(false)
  })

  it.each(['yes', 'tRUE', '2', 'on'])('trim-border=%s is refused', (value) => {
    expect(() => read(`trim-border=${value}`)).toThrow("can't parse trim-border param")
  })
})

describe('all parameters together', () => {
  it('are checked in the order dppx, save-data, trim-border', () => {
    expect(() => read('trim-border=x&save-data=x&dppx=x')).toThrow('dppx')
    expect(() => read('trim-border=x&save-data=x')).toThrow('save-data')
  })

  it('asis ignores all of them, even invalid ones', () => {
    const parameters = readParameters('asis', parseQuery('dppx=x&save-data=x&trim-border=x'), undefined, {
      saveData: true,
      header: true,
    })
    expect(parameters).toEqual({ size: undefined, trim: false, level: 'default', hide: false })
  })

  it('any query gives parameters or one of the messages', () => {
    const names = fc.constantFrom('size', 'dppx', 'save-data', 'trim-border', 'auth', 'x')
    const queries = fc
      .array(fc.tuple(names, fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('1', 'x', 'off', '2x3'))))
      .map((pairs) => pairs.map(([name, value]) => `${name}=${value}`).join('&'))
    fc.assert(
      fc.property(
        queries,
        fc.constantFrom('resize', 'fit', 'optimise', 'asis'),
        fc.boolean(),
        (raw, operation, header) => {
          const query = parseQuery(raw)
          try {
            const size = readSize(operation, query)
            readParameters(operation, query, size, { saveData: true, header })
          } catch (error) {
            expect(error).toBeInstanceOf(BadParameter)
          }
        },
      ),
    )
  })
})
