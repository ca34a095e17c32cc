import { describe, expect, it } from 'vitest'
import { hexColour, namedColour } from '../../src/plan/css-colour.ts'

describe('a colour by its name', () => {
  it.each([
    ['rebeccapurple', { r: 102, g: 51, b: 153, alpha: 1 }],
    ['transparent', { r: 0, g: 0, b: 0, alpha: 0 }],
  ])('%s', (name, colour) => expect(namedColour(name)).toEqual(colour))

  it.each(['', 'Red', 'blurple', 'constructor', 'toString'])('%j is none', (name) => {
    expect(namedColour(name)).toBeUndefined()
  })
})

describe('a colour in hex digits', () => {
  it.each([
    ['f60', { r: 255, g: 102, b: 0, alpha: 1 }],
    ['FF6600', { r: 255, g: 102, b: 0, alpha: 1 }],
    ['ff660033', { r: 255, g: 102, b: 0, alpha: 0.2 }],
  ])('%s', (digits, colour) => expect(hexColour(digits)).toEqual(colour))

  it.each(['', 'ff', 'f60f', '#f60', 'ff660', 'ff66003', 'gg0000', 'f60\n'])('%j is none', (digits) => {
    expect(hexColour(digits)).toBeUndefined()
  })
})
