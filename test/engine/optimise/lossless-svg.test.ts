import { Transformer } from '@napi-rs/image'
import { describe, expect, it } from 'vitest'
import { KEEP_NOTHING } from '../../../src/engine/optimise/keep.ts'
import { losslessly } from '../../../src/engine/optimise/losslessly.ts'
import { svg } from '../../support/pictures.ts'
import { factsOf, workshop } from './workshop.ts'

const workers = workshop()
const optimise = async (bytes: Buffer) => {
  const result = await losslessly(bytes, await factsOf(bytes), KEEP_NOTHING, workers)
  return { text: Buffer.from(result.bytes).toString(), changed: result.changed }
}
/** Rendered by a renderer that has no part in optimising. */
const rendered = (text: string | Buffer) => Transformer.fromSvg(text).rawPixels()
const drawing = (body: string, attributes = 'width="200" height="160" viewBox="0 0 100 80"') =>
  Buffer.from(
    `<?xml version="1.0"?>\n<!-- made by hand -->\n<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" ${attributes}>\n  ${body}\n</svg>\n`,
  )

describe('an SVG optimised without loss', () => {
  it.each([
    ['shapes', svg(64, 48)],
    [
      'paths',
      drawing(
        '<path d="M 10.000 10.000 L 90.12345 10.5 C 80 20 , 60 40 , 50.5 70.25 Z" fill="#ff0000" stroke="rgb(0, 0, 128)" stroke-width="2.0"/>',
      ),
    ],
    [
      'gradients by id',
      drawing(
        '<defs><linearGradient id="shine"><stop offset="0" stop-color="#ffffff"/><stop offset="1" stop-color="#0000ff"/></linearGradient></defs><rect id="unused" width="100" height="80" fill="url(#shine)"/>',
      ),
    ],
    [
      'use',
      drawing(
        '<defs><circle id="dot" r="8"/></defs><use xlink:href="#dot" x="20" y="20"/><use xlink:href="#dot" x="60" y="40" fill="green"/>',
      ),
    ],
    [
      'small units',
      drawing(
        '<path d="M0.0011 0.0012L0.0091 0.0013L0.00523 0.00831Z"/>',
        'width="200" height="200" viewBox="0 0 0.01 0.01"',
      ),
    ],
  ])('%s render the same', async (_, source) => {
    const { text, changed } = await optimise(source)
    expect(changed).toBe(true)
    expect(text.length).toBeLessThan(source.length)
    // A rounded coordinate may move one sample of an edge's antialiasing.
    expect(difference(await rendered(text), await rendered(source))).toBeLessThan(0.01)
  })

  it('keeps its view box, its scripts, its styles and what they name', async () => {
    const { text } = await optimise(
      drawing(
        '<style>#a { fill: red }</style><script>document.getElementById("b")</script><rect id="a" width="9" height="9"/><g id="b"/>',
      ),
    )
    expect(text).toContain('viewBox="0 0 100 80"')
    for (const part of ['#a', 'getElementById', 'id="a"', 'id="b"', 'width="200"']) expect(text).toContain(part)
    expect(text).not.toContain('made by hand')
  })

  it.each([
    [
      'entities that explode',
      `<!DOCTYPE svg [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]><svg xmlns="http://www.w3.org/2000/svg"><text>&b;</text></svg>`,
    ],
    [
      'a tower of elements',
      `<svg xmlns="http://www.w3.org/2000/svg">${'<g>'.repeat(20_000)}${'</g>'.repeat(20_000)}</svg>`,
    ],
    ['what is not well-formed', '<svg xmlns="http://www.w3.org/2000/svg"><g><rect></g>'],
    [
      'attributes that hide their depth',
      `<svg xmlns="http://www.w3.org/2000/svg">${'<g a="/>">'.repeat(20_000)}</svg>`,
    ],
  ])('%s is handed back as it is', async (_, text) => {
    const result = await optimise(Buffer.from(text))
    expect(result.changed).toBe(false)
    expect(result.text).toBe(text)
  })
})

/** Mean absolute difference over all channels, 0…255. */
function difference(a: Buffer, b: Buffer): number {
  expect(a.length).toBe(b.length)
  return a.reduce((sum, value, i) => sum + Math.abs(value - (b[i] ?? 0)), 0) / a.length
}
