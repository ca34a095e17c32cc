/** The calls of the crash test: every way in, every way out. */
import { expect } from 'vitest'
import type { S3Server } from '../support/versitygw.ts'

export const KEYS = { api_key: 'public_demo', api_secret: 'private_demo' }

/** Where a call's picture comes from and its results go. */
export type Surroundings = {
  /** URL of a picture. */
  readonly source: string
  readonly upload: Buffer
  /** Base of the URLs for callbacks. */
  readonly receiver: string
  readonly store:
    | (Pick<S3Server, 'accessKeyId' | 'secretAccessKey'> & { readonly bucket: string; readonly endpoint: string })
    | undefined
}

export type Call = { readonly path: '/v1/url' | '/v1/upload'; readonly init: RequestInit }

/** The n-th call, tried for the `attempt`-th time; its callback goes to a path of its own. */
export function callOf(n: number, attempt: number, around: Surroundings): Call {
  const kinds = around.store === undefined ? KINDS.slice(0, 4) : KINDS
  const kind = kinds[n % kinds.length]
  if (kind === undefined) throw new Error('there are no calls')
  const callback_url = `${around.receiver}/${n}/${attempt}`
  const wish = { auth: KEYS, callback_url, ...kind.wish(storesOf(around, `${n}-${attempt}`)) }
  if (kind.by === 'url') {
    const body = JSON.stringify({ ...wish, url: around.source })
    return { path: '/v1/url', init: { method: 'POST', body, headers: { 'content-type': 'application/json' } } }
  }
  const body = new FormData()
  body.set('data', JSON.stringify(wish))
  body.set('upload', new Blob([Uint8Array.from(around.upload)]), `${n}.png`)
  return { path: '/v1/upload', init: { method: 'POST', body } }
}

type Stores = { readonly one: object; readonly many: object; readonly key: string }

const SET = [
  { id: 'full', strategy: 'none' },
  { id: 'small', strategy: 'fit', width: 24, height: 24 },
]
const KINDS: readonly { readonly by: 'url' | 'upload'; wish(stores: Stores): object }[] = [
  { by: 'url', wish: () => ({ lossy: true }) },
  { by: 'upload', wish: () => ({ json: true }) },
  { by: 'url', wish: () => ({ lossy: true, resize: SET }) },
  { by: 'upload', wish: () => ({ lossy: true, webp: true, resize: { strategy: 'landscape', width: 60 } }) },
  { by: 'upload', wish: ({ one }) => ({ json: true, lossy: true, s3_store: one }) },
  {
    by: 'url',
    wish: ({ many, key }) => ({
      json: true,
      resize: SET.map((size) => ({ ...size, storage_path: `${key}/${size.id}.jpg` })),
      s3_store: many,
    }),
  },
]

function storesOf({ store }: Surroundings, key: string): Stores {
  if (store === undefined) return { one: {}, many: {}, key }
  const { accessKeyId, secretAccessKey, bucket, endpoint } = store
  const many = { key: accessKeyId, secret: secretAccessKey, bucket, endpoint }
  return { one: { ...many, path: `${key}.png` }, many, key }
}

/** What a callback says. */
export type Told = {
  readonly id: string
  readonly success: boolean
  /** Where each result is, and how large it is said to be. */
  readonly results: readonly { readonly url: string; readonly bytes: number }[]
}

/** Reads a callback's body, form or JSON as its type says. */
export function readCallback(type: string, body: string): Told {
  if (type === 'application/x-www-form-urlencoded') {
    const form = Object.fromEntries(new URLSearchParams(body))
    return { id: form.id ?? '', success: form.success === 'true', results: [resultOf(form)] }
  }
  expect(type).toBe('application/json')
  const json = JSON.parse(body)
  const entries: readonly Entry[] = json.results === undefined ? [json] : Object.values(json.results)
  return { id: json.id, success: json.success === true, results: entries.map(resultOf) }
}

type Entry = { readonly kraked_url?: string; readonly kraked_size?: string | number }

function resultOf({ kraked_url = '', kraked_size }: Entry): { readonly url: string; readonly bytes: number } {
  return { url: kraked_url, bytes: Number(kraked_size) }
}
