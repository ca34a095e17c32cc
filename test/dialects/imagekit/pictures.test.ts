import { afterAll, beforeAll, expect, it } from 'vitest'
import { decode, encode, quadrants, raw } from '../../support/pictures.ts'
import { type House, openHouse } from './house.ts'

let house: House
beforeAll(async () => {
  house = await openHouse()
})
afterAll(() => house.stop())
it.each([
  ['w-300,h-300', 300, 300],
  ['w-300', 300, 200],
  ['w-0.5', 300, 200],
  ['h-100,ar-2', 200, 100],
  ['w-100,dpr-2', 200, 133],
  ['w-300,h-200,c-at_max', 300, 200],
  ['w-700,c-at_max', 600, 400],
  ['cm-extract,w-100,h-50,xc-300,yc-200', 100, 50],
  ['w-700,h-700,cm-pad_resize,bg-F0F0F0', 700, 700],
  ['cm-pad_extract_no_shrink,w-700,h-100', 700, 400],
  ['w-100,b-10_red', 120, 87],
  ['rt-90', 400, 600],
  ['w-iw_div_2', 300, 200],
  ['w-100,r-max', 100, 67],
  ['if-w_gt_500,w-50,if-else,w-20,if-end', 50, 33],
  ['w-100,h-100,fo-auto', 100, 100],
  ['w-200,l-image,i-q.png,w-50,lfo-top_left,l-end', 200, 133],
  ['w-200,l-image,i-ik_canvas,bg-red,w-50,h-50,l-end', 200, 133],
  ['n-ik_ml_thumbnail', 400, 267],
  ['w-100,bl-5,e-grayscale,e-contrast', 100, 67],
])('%s', async (tr, w, h) => {
  await house.put('q.png', await quadrants(600, 400))
  const a = await house.ask(`tr:${tr},f-png/q.png`.replace('if-end,f-png', 'if-end:f-png'))
  expect([a.status, a.headers.get('ik-error')]).toEqual([200, null])
  const d = await decode(a.bytes)
  expect([d.width, d.height]).toEqual([w, h])
})
