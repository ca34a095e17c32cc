import { expect, it } from 'vitest'
import { disposition } from '../../src/http/disposition.ts'

it.each([
  ['cat.png', 'filename="cat.png"'],
  ['kätzchen "a".png', `filename="k_tzchen _a_.png"; filename*=UTF-8''k%C3%A4tzchen%20%22a%22.png`],
  ['a\\b.png', `filename="a_b.png"; filename*=UTF-8''a%5Cb.png`],
  ["it's (ä)*.png", `filename="it's (_)*.png"; filename*=UTF-8''it%27s%20%28%C3%A4%29%2a.png`],
  ['a\r\nSet-Cookie: b', `filename="a__Set-Cookie: b"; filename*=UTF-8''a%0D%0ASet-Cookie%3A%20b`],
  ['half \ud800', `filename="half _"; filename*=UTF-8''half%20%EF%BF%BD`],
  ['a'.repeat(2000), `filename="${'a'.repeat(1024)}"`],
  ['', 'filename=""'],
])('the name %j in a header', (name, written) => {
  expect(disposition('inline', name)).toBe(`inline; ${written}`)
  expect(disposition('attachment', name)).toBe(`attachment; ${written}`)
})
