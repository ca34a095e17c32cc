/**
 * What published clients put on the wire, replayed byte for byte: order and spelling of the headers, order and heads of the
 * parts, boundaries, chunks and the JSON as each language writes it. Recorded from Go, Node, Python and curl, on which PHP
 * stands; Ruby, .NET, Java and Zend after what their libraries are known to write.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { quadrants } from '../../support/pictures.ts'
import { AUTH, type House, openHouse } from './house.ts'
import { type Replay, replay } from './replay.ts'

let house: House
let picture: Buffer
let port: number
beforeAll(async () => {
  house = await openHouse()
  port = Number(new URL(house.url).port)
  // Large enough that curl asks before it sends.
  picture = await quadrants(640, 480, 'jpeg')
  house.origin.answer('/images/a.jpg?b=1&c=2', { body: picture })
})
afterAll(() => house?.stop())

const CRLF = '\r\n'
const BROWSER =
  'Mozilla/5.0 (Windows NT 6.1; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/40.0.2214.85 Safari/537.36'
const { api_key, api_secret } = AUTH
const source = () => `${house.origin.url}/images/a.jpg?b=1&c=2`
/** PHP writes slashes with a backslash. */
const php = (json: object) => JSON.stringify(json).replaceAll('/', '\\/')
/** Python writes a blank after commas and colons. */
const python = (json: object) =>
  JSON.stringify(json, null, 1)
    .replaceAll(/\n\s*([}\]])/g, '$1')
    .replaceAll(/([{[])\n\s*/g, '$1')
    .replaceAll(/,\n\s*/g, ', ')
/** Go sorts members and escapes what HTML would read. */
const go = (json: object) => JSON.stringify(json).replaceAll('&', '\\u0026')

type Form = {
  readonly boundary: string
  readonly parts: readonly (readonly [head: readonly string[], content: string | Buffer])[]
}

/** The pieces of a form as most write it: each part's head, its content, its end. */
function pieces({ boundary, parts }: Form, end = CRLF): readonly (string | Buffer)[] {
  return [
    ...parts.flatMap(([head, content]) => [`--${boundary}${CRLF}${head.join(CRLF)}${CRLF}${CRLF}`, content, CRLF]),
    `--${boundary}--${end}`,
  ]
}
/** As Node writes it: the last break goes with the end. */
function noded(form: Form): readonly (string | Buffer)[] {
  return [...pieces(form).slice(0, -2), `${CRLF}--${form.boundary}--${CRLF}`]
}
/** As Go and .NET write it: the break before a boundary belongs to what follows it. */
function joined({ boundary, parts }: Form): readonly (string | Buffer)[] {
  return [
    ...parts.flatMap(([head, content], i) => [
      `${i === 0 ? '' : CRLF}--${boundary}${CRLF}${head.join(CRLF)}${CRLF}${CRLF}`,
      content,
    ]),
    `${CRLF}--${boundary}--${CRLF}`,
  ]
}
const field = (name: string) => `Content-Disposition: form-data; name="${name}"`
const file = (name: string, filename: string) => `${field(name)}; filename="${filename}"`

type Row = readonly [client: string, request: () => Replay]

const PHP_BOUNDARY = '------------------------846d7214b3822975'
const GO_BOUNDARY = '7ace59eb1980fa0cf4cc6c5e32022df728fa6f628c6dad9c8589786072f3'
const NET_BOUNDARY = 'Upload----11/22/2026 05:35:38'
const JAVA_BOUNDARY = 'Boundary_1_1866229258_1700000000000'
const NODE_BOUNDARY = '--------------------------1aa0b2e497cc75ab15cdaa3d'
const RUBY_BOUNDARY = '-----------RubyMultipartPost'
const ZEND_BOUNDARY = '---ZENDHTTPCLIENT-5d41402abc4b2a76b9719d911017c592'

const RUBY_HEAD = ['Accept-Encoding: gzip;q=1.0,deflate;q=0.6,identity;q=0.3', 'Accept: */*', 'User-Agent: Ruby']
/** Every member of a typed client, set or not. */
const TYPED = {
  lossy: true,
  quality: 0,
  webp: false,
  json: false,
  auto_orient: false,
  sampling_scheme: '4:2:0',
  dev: false,
}

const BY_URL: readonly Row[] = [
  [
    'PHP',
    () => ({
      head: [
        'POST /v1/url HTTP/1.1',
        'Host: HOST',
        `User-Agent: ${BROWSER}`,
        'Accept: */*',
        'Content-Type: application/json',
        'Content-Length: LENGTH',
      ],
      body: [php({ auth: AUTH, url: source(), wait: true, lossy: true, origin: 'wp' })],
    }),
  ],
  [
    'PHP before it named the type',
    () => ({
      head: [
        'POST /v1/url HTTP/1.1',
        'Host: HOST',
        'Accept: */*',
        'Content-Length: LENGTH',
        'Content-Type: application/x-www-form-urlencoded',
      ],
      body: [php({ auth: AUTH, url: source(), wait: true })],
    }),
  ],
  [
    'Ruby',
    () => ({
      head: [
        'POST /v1/url HTTP/1.1',
        ...RUBY_HEAD,
        'Connection: close',
        'Host: HOST',
        'Content-Length: LENGTH',
        'Content-Type: application/x-www-form-urlencoded',
      ],
      body: [JSON.stringify({ wait: true, auth: AUTH, url: source() })],
    }),
  ],
  [
    '.NET',
    () => ({
      head: [
        'POST /v1/url HTTP/1.1',
        'Accept: application/json',
        `User-Agent: ${BROWSER}`,
        'Content-Type: application/json; charset=utf-8',
        'Host: HOST',
        'Content-Length: LENGTH',
        'Expect: 100-continue',
        'Connection: Keep-Alive',
      ],
      body: [
        JSON.stringify({
          url: source(),
          wait: true,
          ...TYPED,
          resize: null,
          convert: null,
          preserve_meta: [],
          auth: AUTH,
        }),
      ],
    }),
  ],
  [
    'Java',
    () => ({
      head: [
        'POST /v1/url HTTP/1.1',
        'Accept: application/json',
        'Content-Type: application/json',
        'User-Agent: Jersey/2.25.1 (HttpUrlConnection 1.8.0_292)',
        'Host: HOST',
        'Connection: keep-alive',
        'Content-Length: LENGTH',
      ],
      body: [
        JSON.stringify({
          auth: AUTH,
          ...TYPED,
          wait: true,
          url: source(),
          resize: { strategy: 'auto', width: 100, height: 100, scale: 0, x: 0, y: 0, size: 0 },
        }),
      ],
    }),
  ],
  [
    'Go',
    () => ({
      head: [
        'POST /v1/url HTTP/1.1',
        'Host: HOST',
        'User-Agent: Go-http-client/1.1',
        'Content-Length: LENGTH',
        'Accept: application/json',
        'Content-Type: application/json',
        'Accept-Encoding: gzip',
      ],
      body: [go({ auth: AUTH, resize: { strategy: 'landscape', width: 100 }, url: source(), wait: true })],
    }),
  ],
  [
    'Node',
    () => ({
      head: [
        'POST /v1/url HTTP/1.1',
        'Accept: application/json, text/plain, */*',
        'Content-Type: application/json',
        'User-Agent: kraken-node/1.0.1',
        'Content-Length: LENGTH',
        'Host: HOST',
        'Connection: keep-alive',
      ],
      body: [JSON.stringify({ auth: AUTH, url: source(), wait: true })],
    }),
  ],
  [
    'Python',
    () => ({
      head: [
        'POST /v1/url HTTP/1.1',
        'Host: HOST',
        `User-Agent: ${BROWSER}`,
        'Accept-Encoding: gzip, deflate',
        'Accept: */*',
        'Connection: keep-alive',
        'content-type: application/json',
        'Content-Length: LENGTH',
      ],
      body: [python({ wait: true, lossy: true, url: source(), auth: AUTH })],
    }),
  ],
]

const UPLOADS: readonly (readonly [...Row, name: string])[] = [
  [
    'PHP: the file first, under its whole path, and asked before it is sent',
    () => ({
      head: [
        'POST /v1/upload HTTP/1.1',
        'Host: HOST',
        `User-Agent: ${BROWSER}`,
        'Accept: */*',
        'Content-Length: LENGTH',
        `Content-Type: multipart/form-data; boundary=${PHP_BOUNDARY}`,
        'Expect: 100-continue',
      ],
      body: pieces({
        boundary: PHP_BOUNDARY,
        parts: [
          [[file('file', '/var/www/uploads/a b.jpg'), 'Content-Type: application/octet-stream'], picture],
          [[field('data')], php({ auth: AUTH, wait: true, origin: 'wp', callback_url: null })],
        ],
      }),
    }),
    'a b.jpg',
  ],
  [
    'Ruby: the file of the type “file”, then body',
    () => ({
      head: [
        'POST /v1/upload HTTP/1.1',
        ...RUBY_HEAD,
        `Content-Type: multipart/form-data; boundary=${RUBY_BOUNDARY}`,
        'Content-Length: LENGTH',
        'Connection: close',
        'Host: HOST',
      ],
      body: pieces(
        {
          boundary: RUBY_BOUNDARY,
          parts: [
            [
              [
                file('file', 'a.jpg'),
                `Content-Length: ${picture.length}`,
                'Content-Type: file',
                'Content-Transfer-Encoding: binary',
              ],
              picture,
            ],
            [[field('body')], JSON.stringify({ wait: true, auth: AUTH })],
          ],
        },
        CRLF + CRLF,
      ),
    }),
    'a.jpg',
  ],
  [
    '.NET: the JSON without a name, the file named after itself',
    () => ({
      head: [
        'POST /v1/upload HTTP/1.1',
        'Accept: application/json',
        `User-Agent: ${BROWSER}`,
        `Content-Type: multipart/form-data; boundary="${NET_BOUNDARY}"`,
        'Host: HOST',
        'Content-Length: LENGTH',
        'Expect: 100-continue',
        'Connection: Keep-Alive',
      ],
      body: joined({
        boundary: NET_BOUNDARY,
        parts: [
          [
            ['Content-Type: application/json; charset=utf-8', 'Content-Disposition: form-data'],
            JSON.stringify({ wait: true, ...TYPED, auth: AUTH }),
          ],
          [["Content-Disposition: form-data; name=a.jpg; filename=a.jpg; filename*=utf-8''a.jpg"], picture],
        ],
      }),
    }),
    'a.jpg',
  ],
  [
    '.NET, later: data without quotes',
    () => ({
      head: [
        'POST /v1/upload HTTP/1.1',
        'Host: HOST',
        'Accept: application/json',
        `User-Agent: ${BROWSER}`,
        `Content-Type: multipart/form-data; boundary="${NET_BOUNDARY}"`,
        'Content-Length: LENGTH',
      ],
      body: joined({
        boundary: NET_BOUNDARY,
        parts: [
          [
            ['Content-Type: application/json; charset=utf-8', 'Content-Disposition: form-data; name=data'],
            JSON.stringify({ wait: true, auth: AUTH }),
          ],
          [["Content-Disposition: form-data; name=a.jpg; filename=a.jpg; filename*=utf-8''a.jpg"], picture],
        ],
      }),
    }),
    'a.jpg',
  ],
  [
    'Java: a stream under a UUID',
    () => ({
      head: [
        'POST /v1/upload HTTP/1.1',
        'Accept: application/json',
        `Content-Type: multipart/form-data;boundary=${JAVA_BOUNDARY}`,
        'MIME-Version: 1.0',
        'User-Agent: Jersey/2.25.1 (HttpUrlConnection 1.8.0_292)',
        'Host: HOST',
        'Connection: keep-alive',
        'Transfer-Encoding: chunked',
      ],
      body: pieces({
        boundary: JAVA_BOUNDARY,
        parts: [
          [['Content-Type: application/json', field('data')], JSON.stringify({ auth: AUTH, ...TYPED, wait: true })],
          [
            [
              'Content-Type: application/octet-stream',
              'Content-Disposition: form-data; filename="0b3c4a9e-2f7b-4d43-9c35-7f9f2f0e6a11"; name="upload"',
            ],
            picture,
          ],
        ],
      }),
    }),
    '0b3c4a9e-2f7b-4d43-9c35-7f9f2f0e6a11',
  ],
  [
    'Java: a file with its date',
    () => ({
      head: [
        'POST /v1/upload HTTP/1.1',
        'Accept: application/json',
        `Content-Type: multipart/form-data;boundary=${JAVA_BOUNDARY}`,
        'MIME-Version: 1.0',
        'User-Agent: Jersey/2.25.1 (HttpUrlConnection 1.8.0_292)',
        'Host: HOST',
        'Connection: keep-alive',
        'Content-Length: LENGTH',
      ],
      body: pieces({
        boundary: JAVA_BOUNDARY,
        parts: [
          [['Content-Type: application/json', field('data')], JSON.stringify({ auth: AUTH, wait: true })],
          [
            [
              'Content-Type: image/jpeg',
              `Content-Disposition: form-data; filename="a.jpg"; modification-date="Tue, 14 Nov 2023 22:13:20 GMT"; size=${picture.length}; name="upload"`,
            ],
            picture,
          ],
        ],
      }),
    }),
    'a.jpg',
  ],
  [
    'Go: each write a chunk',
    () => ({
      head: [
        'POST /v1/upload HTTP/1.1',
        'Host: HOST',
        'User-Agent: Go-http-client/1.1',
        'Transfer-Encoding: chunked',
        `Content-Type: multipart/form-data; boundary=${GO_BOUNDARY}`,
        'Accept-Encoding: gzip',
      ],
      body: joined({
        boundary: GO_BOUNDARY,
        parts: [
          [[field('data')], go({ auth: { api_key, api_secret }, lossy: true, wait: true })],
          [[file('upload', 'a.jpg'), 'Content-Type: application/octet-stream'], picture],
        ],
      }),
    }),
    'a.jpg',
  ],
  [
    'Node: a buffer under 40 digits',
    () => ({
      head: [
        'POST /v1/upload HTTP/1.1',
        'Accept: application/json, text/plain, */*',
        `Content-Type: multipart/form-data; boundary=${NODE_BOUNDARY}`,
        'User-Agent: kraken-node/1.0.1',
        'Host: HOST',
        'Connection: keep-alive',
        'Transfer-Encoding: chunked',
      ],
      body: noded({
        boundary: NODE_BOUNDARY,
        parts: [
          [[field('data')], JSON.stringify({ auth: AUTH, wait: true })],
          [
            [file('file', '155744c7157613996a55f292cfdf9ca22afc7c2b'), 'Content-Type: application/octet-stream'],
            picture,
          ],
        ],
      }),
    }),
    '155744c7157613996a55f292cfdf9ca22afc7c2b',
  ],
  [
    'Python: a file without a type',
    () => ({
      head: [
        'POST /v1/upload HTTP/1.1',
        'Host: HOST',
        `User-Agent: ${BROWSER}`,
        'Accept-Encoding: gzip, deflate',
        'Accept: */*',
        'Connection: keep-alive',
        'Content-Length: LENGTH',
        'Content-Type: multipart/form-data; boundary=2beb6f48911f492404fbff737b231472',
      ],
      body: pieces({
        boundary: '2beb6f48911f492404fbff737b231472',
        parts: [
          [[field('data')], python({ wait: true, auth: AUTH })],
          [[file('file', 'a.jpg')], picture],
        ],
      }),
    }),
    'a.jpg',
  ],
  [
    'Magento: data, then file',
    () => ({
      head: [
        'POST /v1/upload HTTP/1.1',
        'Host: HOST',
        `User-Agent: ${BROWSER}`,
        'Accept: */*',
        'Accept-encoding: gzip, deflate',
        `Content-Type: multipart/form-data; boundary=${ZEND_BOUNDARY}`,
        'Content-Length: LENGTH',
        'Expect: 100-continue',
      ],
      body: pieces({
        boundary: ZEND_BOUNDARY,
        parts: [
          [[field('data')], php({ auth: AUTH, wait: true, lossy: true, quality: 80 })],
          [[file('file', 'a.jpg'), 'Content-Type: image/jpeg'], picture],
        ],
      }),
    }),
    'a.jpg',
  ],
]

const JSON_TYPE = 'Content-Type: application/json'
const FORM_TYPE = 'Content-Type: application/x-www-form-urlencoded'
const STATUS = 'POST /user_status HTTP/1.1'

const STATUSES: readonly Row[] = [
  [
    'PHP',
    () => ({
      head: [STATUS, 'Host: HOST', `User-Agent: ${BROWSER}`, 'Accept: */*', JSON_TYPE, 'Content-Length: LENGTH'],
      body: [php({ auth: AUTH })],
    }),
  ],
  [
    'PHP before it named the type',
    () => ({
      head: [STATUS, 'Host: HOST', 'Accept: */*', 'Content-Length: LENGTH', FORM_TYPE],
      body: [php({ auth: AUTH })],
    }),
  ],
  [
    'Magento',
    () => ({
      head: [
        STATUS,
        'Host: HOST',
        `User-Agent: ${BROWSER}`,
        'Accept: */*',
        'Accept-encoding: gzip, deflate',
        FORM_TYPE,
        'Content-Length: LENGTH',
      ],
      body: [`data=${encodeURIComponent(php({ auth: AUTH }))}`],
    }),
  ],
]

const asks = ({ head }: Replay) => head.includes('Expect: 100-continue')

describe('a picture by URL, as sent by', () => {
  it.each(BY_URL)('%s', async (_, request) => {
    const sent = request()
    const { continued, status, text } = await replay(port, sent)
    expect([continued, status]).toEqual([asks(sent), 200])
    expect(JSON.parse(text)).toMatchObject({ success: true, file_name: 'a.jpg', original_size: picture.length })
  })
})

describe('an upload, as sent by', () => {
  it.each(UPLOADS)('%s', async (_, request, name) => {
    const sent = request()
    const { continued, status, text } = await replay(port, sent)
    expect([continued, status]).toEqual([asks(sent), 200])
    const json = JSON.parse(text)
    expect(json).toMatchObject({ success: true, file_name: name, original_size: picture.length, original_width: 640 })
    await expect.poll(() => house.files('uploads/incoming')).toEqual([])
  })
})

describe('the status, as asked by', () => {
  it.each(STATUSES)('%s', async (_, request) => {
    const { status, text } = await replay(port, request())
    expect([status, JSON.parse(text)]).toMatchObject([200, { success: true, active: true }])
  })
})
