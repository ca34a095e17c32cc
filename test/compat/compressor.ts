import { type Chapters, type CompatRow, rowsOf, type Section, sectionsOf } from './row.ts'

const KEYS = 'takes the key as the user name of Basic, whatever the password, and as a Bearer token'
const NO_KEY = 'answers 401 with a challenge to %s'
const FETCH = 'answers a smaller picture whose size and sha1 are those of the bytes served'
const BAD_FETCH = 'refuses %s with 422'
const BAD_JSON = 'refuses %s'
const BAD_UPLOAD = 'refuses %s and keeps no file'
const BAD_FORM = 'refuses what is no form, a broken one and files above the limit'
const UPLOAD = 'compresses an uploaded file, instructions before or after it, or none'
const AGENT = 'fetches with its own User-Agent, the headers given and the user info of the URL'
const RESULT = 'serves a result under its own URL only'
const LARGE = 'works on large files asynchronously, fetched or uploaded, and refuses those above the limit'
const HOOK = 'answers at once and tells a webhook with the body of a synchronous answer'
const NO_JOB = 'knows no job of another account, and none by a wrong id'
const BY_NAME = 'refuses %s by name'
const SIZES = '%i×%i %j is %i×%i'
const FORMAT = 'takes the format from %s'
const STORED = 'puts the result with path, ACL, class, metadata, headers and tags, and answers the URL of the object'
const KEY = 'takes %s as the key'
const PROVIDERS = 'takes the headers, class, tags and ACL that the provider has, and passes over the others'
const REGION = 'wants the region of %s'
const ROUTES = '%s %s is %i in the form of every error'
const UNFETCHED = 'answers 422 when the source cannot be fetched, 415 when it is no picture'
const VECTORS = 'keeps SVG as SVG unless it is to be resized or converted'
const BASE = 'finds a connector by its id too, keeps to its prefix and answers its public base'

const CHAPTERS: Chapters = {
  1: {
    title: 'Transport and authentication',
    facts: [
      ['Version prefix /1.0 on every call', ROUTES],
      { fact: 'HTTPS only', test: KEYS, differs: 'HTTP is answered too; TLS is the business of what stands in front.' },
      ['Basic: the key as user name, empty password', KEYS],
      ['Bearer', KEYS],
      ['No key, a malformed or revoked one: 401 with an explaining error', NO_KEY],
      ['A password is ignored', KEYS],
      ['Answers are application/json', FETCH],
    ],
  },
  2: {
    title: 'Endpoints',
    facts: [
      ['POST /1.0/fetch', FETCH],
      ['POST /1.0/upload: file and data', UPLOAD],
      ['GET /1.0/jobs/{id}', HOOK],
      [
        'GET /1.0/account: 200 for a good key, its body',
        'takes the key as the user name of Basic, whatever the password, and as a Bearer token',
      ],
      {
        fact: 'account.usage',
        test: 'counts what an account handed in',
        differs: 'Counted since the start of the process, for the Compressor calls alone.',
      },
      ['GET <url>: download of a temporary result', RESULT],
      ['fetch: url is required', BAD_FETCH],
      ['fetch: another content type is 415, no JSON object is 400', BAD_JSON],
      ['upload: parts in either order, data may be absent or empty, its url is ignored', UPLOAD],
      ['upload: invalid JSON in data is 400, no file is 422', BAD_UPLOAD],
      ['The type is detected from the bytes', '%s comes out as what is written of it'],
    ],
  },
  3: {
    title: 'Request object',
    facts: [
      ['url: http(s), with user info as Basic', AGENT],
      ['headers override the defaults', AGENT],
      ['image, ignored when the file is none', UNFETCHED],
      ['video and other kinds are ignored', 'ignores unknown keys'],
      ['store', STORED],
      ['webhook forces asynchronous work', HOOK],
      ['output.format', FORMAT],
      ['Unknown keys are ignored', 'ignores unknown keys'],
      ['A known key of the wrong type is 422', BAD_FETCH],
      ['User-Agent of the fetch', AGENT],
      {
        fact: 'Up to 5 redirects',
        test: 'follows redirects, and names the file by the URL that was asked for',
        differs: 'Up to ten, as everywhere in this server.',
      },
      ['Another status than 2xx, or unreachable: 422', UNFETCHED],
    ],
  },
  '4.1': {
    title: 'Synchronous answer',
    facts: [
      ['id is a UUID v4', FETCH],
      ['url stands at the top', FETCH],
      ['name: image.jpg comes out as image.jpeg', FETCH],
      ['type, format, mime, size, sha1 of both files', FETCH],
      ['width and height are added', FETCH],
      ['There is no success field', FETCH],
      {
        fact: 'The temporary URL is <base>/<n>/<id>/<name>',
        test: FETCH,
        differs: 'It is <base>/results/<n>/<id>/<name>, so that it stays apart from the other dialects.',
      },
      ['n is the expiry on a whole five minutes', FETCH],
      ['No credentials; 404 after the expiry', 'a temporary result is gone after its time'],
      ['sha1 and size match the bytes served', FETCH],
    ],
  },
  '4.2': {
    title: 'Asynchronous answer',
    facts: [
      ['Above 32 MB', LARGE],
      ['When the work is long', 'becomes asynchronous when the work is long'],
      ['With a webhook: 202, id and enqueued', HOOK],
      ['enqueued, processing, completed', HOOK],
      ['failed: success, id, status, code, message', 'tells of a failed job'],
      ['Unknown id or another account: 404', NO_JOB],
      ['Accepted work is finished though the server is killed meanwhile', 'in the middle of fetching a large file'],
      {
        fact: 'The id of a synchronous call is readable as completed',
        test: 'reads a finished call under /jobs, for its own account only',
        differs: 'For an hour, by the process that answered it.',
      },
    ],
  },
  '4.3': {
    title: 'Webhook',
    facts: [
      ['POST with User-Agent and Content-Type', HOOK],
      ['Body of a synchronous answer', HOOK],
      ['Body of a failure', 'tells of a failed job'],
      {
        fact: 'Any 2xx acknowledges; up to 5 more deliveries with growing delays, 10 s each',
        test: HOOK,
        differs: 'A receiver that answers 410 Gone, or whose address is private, is not asked again.',
      },
      ['An invalid webhook URL is 422 at submission', BAD_FETCH],
      ['Polling works beside a webhook', HOOK],
    ],
  },
  '5.1': {
    title: 'Compression',
    facts: [
      [
        'medium, high (default), ultra: ever smaller',
        'gets smaller from medium over high to ultra, high being the default',
      ],
      ['Other values are 422', BY_NAME],
      [
        'The original when only compression was asked and nothing is gained',
        'answers the original when nothing else was asked and nothing would be gained',
      ],
      [
        'Metadata removed, orientation applied, colour converted to sRGB',
        'turns pixels upright, converts them to sRGB and drops metadata',
      ],
      ['JPEG, PNG, WebP, AVIF, GIF, TIFF, BMP', '%s comes out as what is written of it'],
      ['SVG', VECTORS],
      [
        'HEIC and ICO are read by decoder plug-ins; other kinds are 415',
        'refuses kinds of files that the contract does not list',
      ],
    ],
  },
  '5.2': {
    title: 'Resize',
    facts: [
      ['The worked examples', SIZES],
      ['auto: inside, never larger', SIZES],
      ['fit: cover and crop; upscale: false', SIZES],
      ['fit may mean inside', 'stays inside of the box when the operator reads fit so'],
      [
        'fill: 87 rows above and 88 below',
        'pads a filled box with 87 rows above and 88 below, white or in the colour named',
      ],
      ['exact', SIZES],
      ['gravity', 'keeps the part that gravity names'],
      [
        'background: transparent when the output has alpha',
        'pads a transparent picture with nothing when no colour is named',
      ],
      ['Sides 1–16384, else 422', BY_NAME],
      ['Animated GIF and WebP keep all frames', 'keeps all frames of an animation'],
    ],
  },
  '5.3': {
    title: 'Output format',
    facts: [
      ['image.format, image.output.format, output.format: first found wins', FORMAT],
      {
        fact: 'tiff',
        test: 'says that it writes no TIFF',
        differs: 'This server writes no TIFF: 415.',
      },
      ['auto: PNG or JPEG for what cannot be written', '%s comes out as what is written of it'],
      ['SVG stays SVG unless resized or converted', VECTORS],
      ['Opaque formats flatten on white', 'flattens on white where the format has no transparency'],
      ['quality overrides the number of the level', 'takes a quality instead of the level of compression'],
    ],
  },
  6: {
    title: 'Store',
    facts: [
      ['The url is that of the object', STORED],
      {
        fact: 'No keys in the request',
        test: 'takes the keys of a store in the request itself, and stores asynchronously with them',
        differs:
          'They may stand there, by the names of §6.3: provider, key, secret, endpoint … The endpoint is guarded.',
      },
      [
        'A failed push fails the request, with the code of the provider',
        'fails with the error code of the provider, and keeps nothing',
      ],
    ],
  },
  '6.1': {
    title: 'Common keys',
    facts: [
      ['id: alias or id of a connection', BASE],
      ['bucket, or container', BASE],
      ['region', REGION],
      ['A region that is not the bucket’s is found out', 'follows a %s that says another region than the bucket is in'],
      ['path: leading slash stripped, folder gets the name, name kept as it is, root by default', KEY],
      ['acl: public-read by default', KEY],
      [
        'A default ACL that the bucket refuses is left out',
        'leaves the default ACL out where the bucket takes none, and names Object Ownership when it was asked for',
      ],
      ['metadata', STORED],
      ['headers: only those listed', PROVIDERS],
      ['Content-Type is the MIME type of the output', STORED],
      ['Unknown id, missing bucket or region: 422 naming the key', BY_NAME],
    ],
  },
  '6.2': {
    title: 'Providers',
    facts: [
      ['AWS S3: URL', '%s'],
      ['AWS S3: all ACLs, classes, metadata, six headers in any case, tags', STORED],
      ['AWS S3: wrong ACL or class, eleven tags: 422', BY_NAME],
      ['Azure Storage', 'puts a blob through a connector'],
      ['DigitalOcean Spaces', PROVIDERS],
      ['Backblaze B2 with its six regions', REGION],
      ['Google Cloud and others: endpoint, bucket, path', '%s'],
    ],
  },
  '6.3': {
    title: 'Connectors',
    facts: [
      [
        'Kept by configuration or command line, sealed, never logged',
        'fails with the error code of the provider, and keeps nothing',
      ],
      ['endpoint, forcePathStyle', STORED],
      ['publicBaseUrl for the own bucket', BASE],
      ['buckets: allow-list', BY_NAME],
      ["Another account's id is unknown", BY_NAME],
    ],
  },
  7: {
    title: 'Errors',
    facts: [
      ['success, id, code, message; every failure has an id', BAD_JSON],
      ['400: malformed JSON or multipart', BAD_FORM],
      ['401 with WWW-Authenticate', NO_KEY],
      { fact: '402, 403: unpaid, suspended', missing: 'A server of your own has no plans; a key is removed instead.' },
      ['404: unknown path or job', ROUTES],
      ['405: wrong method', ROUTES],
      ['413: above the absolute limit', BAD_FORM],
      ['415: content type or kind of file', UNFETCHED],
      ['422: invalid option, source or store', BY_NAME],
      { fact: '429: rate limit', missing: 'There is no rate limit; overload is 503 with Retry-After.' },
      ['message names the key by its path', BY_NAME],
    ],
  },
}

export const sections: readonly Section[] = sectionsOf(CHAPTERS)

export const rows: readonly CompatRow[] = rowsOf(CHAPTERS)
