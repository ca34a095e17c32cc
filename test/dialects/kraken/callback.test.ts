import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { quadrants } from '../../support/pictures.ts'
import { type House, openHouse } from './house.ts'

let house: House
let picture: Buffer
beforeAll(async () => {
  house = await openHouse()
  picture = await quadrants(64, 48, 'jpeg')
  house.origin.answer('/a.jpg', { body: picture })
})
afterAll(() => house?.stop())

const callback_url = 'https://receiver.test/kraken?token=1'
const source = () => ({ url: `${house.origin.url}/a.jpg`, callback_url })

describe('a request with callback_url', () => {
  it('is answered at once with an id and nothing else; the result comes as a form', async () => {
    const { status, json } = await house.call('/v1/url', source())
    expect([status, json]).toEqual([200, { id: expect.stringMatching(/^[0-9a-f]{32}$/) }])
    const { type, body } = await house.callback()
    expect(type).toBe('application/x-www-form-urlencoded')
    const form = Object.fromEntries(new URLSearchParams(body))
    expect(body.startsWith(`id=${json.id}&success=true&file_name=a.jpg&`)).toBe(true)
    expect(form).toMatchObject({ original_size: String(picture.length), kraked_width: '64' })
    expect(form.kraked_url).toContain(
      `/api/${json.id.slice(0, 2)}/${json.id.slice(2, 4)}/${json.id.slice(4, 6)}/${json.id.slice(6)}/`,
    )
    expect((await house.fetch(form.kraked_url ?? '')).bytes.length).toBe(Number(form.kraked_size))
  })

  it('with json the result comes as JSON', async () => {
    const { json } = await house.call('/v1/url', { ...source(), json: true })
    const { type, body } = await house.callback()
    expect(type).toBe('application/json')
    expect(JSON.parse(body)).toMatchObject({ id: json.id, success: true, original_size: picture.length })
  })

  it('the results of a set come as JSON, whatever json says', async () => {
    const resize = [
      { id: 'a', strategy: 'none' },
      { id: 'b', strategy: 'square', size: 8 },
    ]
    const { json } = await house.call('/v1/url', { ...source(), resize })
    const { type, body } = await house.callback()
    expect(type).toBe('application/json')
    const told = JSON.parse(body)
    expect(Object.keys(told)).toEqual(['id', 'success', 'results'])
    expect(told).toMatchObject({ id: json.id, success: true, results: { b: { kraked_width: 8 } } })
  })

  it('an upload outlives its request and is gone after the work', async () => {
    const { json } = await house.upload({ callback_url, json: true }, picture, 'mine.jpg')
    const told = JSON.parse((await house.callback()).body)
    expect(told).toMatchObject({ id: json.id, success: true, file_name: 'mine.jpg' })
    await expect.poll(() => house.files('uploads/accepted')).toEqual([])
    await expect.poll(() => house.files('uploads/incoming')).toEqual([])
  })

  it('a failure is told with its message', async () => {
    const { json } = await house.call('/v1/url', { ...source(), url: `${house.origin.url}/missing.jpg` })
    expect((await house.callback()).body).toBe(`id=${json.id}&success=false&message=Couldn%27t+get+this+file`)
  })

  it.each([
    ['parameters', { resize: { strategy: 'huge' } }, 422],
    ['credentials', { auth: {} }, 401],
  ])('wrong %s are answered at once', async (_, wish, status) => {
    expect((await house.call('/v1/url', { ...source(), ...wish })).status).toBe(status)
  })

  it('so are uploads that are no picture, or too large', async () => {
    expect((await house.upload({ callback_url }, Buffer.from('text'))).status).toBe(415)
    expect((await house.upload({ callback_url }, Buffer.alloc(33_554_433))).status).toBe(413)
    await expect.poll(() => house.files('uploads/accepted')).toEqual([])
  })

  it('with wait as well, the answer waits and no callback is sent', async () => {
    const { json } = await house.call('/v1/url', { ...source(), wait: true })
    expect(json.success).toBe(true)
    await house.call('/v1/url', { ...source(), json: true, resize: { strategy: 'square', size: 5 } })
    expect(JSON.parse((await house.callback()).body)).toMatchObject({ kraked_width: 5 })
  })
})
