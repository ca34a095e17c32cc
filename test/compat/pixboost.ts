import { type Chapters, type CompatRow, rowsOf, type Section, sectionsOf } from './row.ts'

const ROUTES = 'the four operations answer a picture'
const ERRORS = '%i %s'
const MISSING = 'a delivery that ends in %s is %i'
const SIZES = '%i×%i %s is %i×%i'
const QUALITIES = 'the quality for each output, source and level'
const FORMATS = 'Accept %s: photo %s, 1–4 M %s, from 4 M %s, illustration %s, GIF %s'
const NO_JXL = 'The server has no JPEG XL encoder: as the contract allows, the jxl line is dropped.'
const DASHBOARD = 'The dashboard comes later; the command line and the configuration file do this today.'

const CHAPTERS: Chapters = {
  1: {
    title: 'Endpoints',
    facts: [
      ['Both prefixes: /api/2/img with a key, /img without, off by default', 'the engine form'],
      ['GET …/optimise, …/resize?size=, …/fit?size=, …/asis', ROUTES],
      ['DELETE …/{source} drops every variant', 'a purge makes the next request fetch again'],
      ['POST …/warmup pre-computes variants', 'a warmed picture is in the cache in every format'],
      ['GET /health is 200, text/plain, OK', 'GET /health is 200, text/plain, OK'],
      ['HEAD is GET without body', 'HEAD is GET without body'],
      ['OPTIONS is 204 with the CORS headers', 'OPTIONS is 204 with the CORS headers'],
      ['Other methods are 405', 'other methods are 405 and say which are allowed'],
      ['No operation, an unknown one, a trailing slash: 404', 'what has no operation is no route'],
    ],
  },
  2: {
    title: 'URL grammar',
    facts: [
      ['1. Decoded once, split at the last slash, never cleaned', '/api/2/img/%s'],
      ['2. + in the path is a plus', 'the path is decoded once and split at the last slash'],
      [
        '3. The query of a source is encoded; double encoding passes one level; blanks and fragments',
        'the query, blanks and double encoding of a source arrive as the contract says',
      ],
      ['4. The scheme plain or encoded', 'the path is decoded once and split at the last slash'],
      ['5. The query of the request: order free, raw ; vanishes', 'the query of the request'],
      {
        fact: 'Raw bytes beyond ASCII in a target',
        test: 'the mount of $name answers in its own form',
        differs: "Node's HTTP parser refuses them: 400 in the dialect's form. Browsers and libraries encode them.",
      },
      ['Row 1: http:// and https:// are that URL', 'an absolute URL is that URL'],
      ['Row 2: // takes the scheme of the request', 'a protocol-relative URL takes the scheme of the request'],
      [
        'Row 2: X-Forwarded-Proto only behind a trusted proxy, only when sent once',
        'believes forwarded headers only behind a trusted proxy, and the scheme only when sent once',
      ],
      ['Row 3: an alias of the account', 'the first segment may be an alias of the account'],
      ['Row 4: a first segment with a dot is a host', 'a first segment with a dot is a host'],
      ['Row 5: anything else is 404', 'anything else is no source'],
      ['An empty source and an alias alone are 400', 'an empty source is 400 url param is required'],
      ['Other schemes are errors of class source', 'another scheme is 500 of class source'],
      ['The four worked examples', '%s is fetched from where the contract says'],
    ],
  },
  3: {
    title: 'Authorisation',
    facts: [
      ['The key stands anywhere in the query', 'may stand anywhere in the query'],
      ['Keys are public and name the account', 'names the account: an alias of another account is no source'],
      [
        'Keys are globally unique, several per account, labelled',
        'keeps public keys and secrets unique over all projects',
      ],
      ['Shape of a key', 'generates keys in the Pixboost shape with a strong secret, found by either half'],
      ['A deleted key fails at once', 'fails at once when it is deleted'],
      ['Missing or unknown key: 401', 'missing, unknown, given twice, or a secret in its place is 401'],
      ['A host that is not allowed: 401', 'a host that is not allowed is 401'],
      ['Entries: exact host, or a leading dot for every sub-domain', 'the host must be allowed'],
      ['Hosts without case, any port unless named', 'the host must be allowed'],
      ['Redirects stay inside of the list', 'redirects are followed inside of the allowed hosts and no further'],
      ['Private addresses are refused unless configured', 'the network guard'],
      [
        'An HTTP alias needs no entry for its own host',
        'a web connection needs no allowed host for itself, nor for redirects on its own host',
      ],
      {
        fact: 'Secrets are separate from keys, shown once',
        test: 'generates keys in the Pixboost shape with a strong secret, found by either half',
        differs: 'Kept sealed, not hashed: the same secret signs URLs of other dialects. It is never shown again.',
      },
      [
        'A key in place of a secret: 401',
        'is 401 with a bad secret, a key in its place, or a host that is not among the sources',
      ],
    ],
  },
  4: {
    title: 'Operations',
    facts: [
      ['size: ignored by optimise and asis, required by resize and fit', 'is ignored by optimise and asis'],
      ['Pixel size: unchanged, §6, exactly W×H', SIZES],
      ['asis ignores every parameter, even invalid ones', 'asis looks at no parameter'],
      ['Format negotiation, but not for asis', 'asis hands the bytes on and tells a web server a normalised wish'],
      [
        'optimise falls back to the source when larger',
        'optimise answers the source when the result would be larger, resize never does',
      ],
      {
        fact: 'The fallback has the own content type of the source',
        test: 'name the true type of bytes that are handed on untouched, and what the source said for asis',
        differs:
          'The type of the bytes is told, also where the source calls them something else (§10: always truthful).',
      },
      ['resize and fit scale up', SIZES],
      ['Vary on three operations, none on asis', 'of asis have no Vary'],
      [
        'asis: byte-identical, type and coding of the source, no other header',
        'is byte-identical, with the type and the coding of the source and none of its other headers',
      ],
      ['asis: the type is sniffed if the source sent none', 'sniffs the type when the source sends none'],
      [
        'asis forwards a normalised Accept and Accept-Encoding, nothing of the client',
        'forwards a normalised Accept and Accept-Encoding and nothing else',
      ],
      ['S3 and folder sources ignore both', 'asis asks a bucket nothing, the other operations ask nobody anything'],
    ],
  },
  5: {
    title: 'Parameters',
    facts: [
      ['size: W, Wx, xH, WxH', '%s?size=%s is understood'],
      ['size: anything else is 400', '%s?size=%s is refused'],
      ['dppx: a float, ≥ 2 lowers the quality, never the size', 'dppx=%s gives level %s'],
      ['dppx: not a number is 400', 'dppx=%s is refused'],
      ['save-data: off and hide, another word is 400', 'save-data and the level'],
      ['trim-border: its words for on and off, another word is 400', 'trim-border'],
      ['auth: key or secret', 'the key'],
      ['Names are case-sensitive', 'a plus is a blank, names keep their case'],
      ['A parameter given twice counts as empty', 'a parameter given twice counts as empty'],
      ['Digits may be percent-encoded', '%s?size=%s is understood'],
      ['No client hints, no other parameters', 'say type, length, 30 days, Vary and CORS'],
    ],
  },
  6: {
    title: 'Geometry',
    facts: [
      ['resize: floor(k·side + 0.5), at least 1, enlarges', SIZES],
      ['fit: exactly W×H, cut from the middle', 'fit keeps the rows 16…115 of the scaled picture'],
      ['Every row of the table of sizes', '%i×%i %s?size=%s → %i×%i'],
      ['EXIF orientation 6 is applied first', 'a picture shown 400×600 by EXIF orientation 6, size=%s → %i×%i'],
      ['Each side 1…9999; 0, no digit or more: 400', '%s?size=%s is refused'],
      ['fit needs both sides', '%s?size=%s is refused'],
      ['trim-border: each edge by its corner, exactly', 'removes each edge by its own corner, exactly, before scaling'],
      ['trim-border comes before orientation and scaling', 'trim-border comes before orientation and scaling'],
      [
        'trim-border: one colour becomes one transparent pixel',
        'a picture of one colour becomes one transparent pixel',
      ],
    ],
  },
  7: {
    title: 'Output format',
    facts: [
      ['Accept: first line only', 'counts in its first line only'],
      ['Accept: exact, case-sensitive tokens', 'with parameters, wildcards or capitals selects nothing'],
      ['A: the estimated area of the output', 'the estimated area follows the wish, not the result'],
      ['Accept none of the three', FORMATS],
      ['Accept webp', FORMATS],
      ['Accept avif', FORMATS],
      ['Accept avif, webp', FORMATS],
      { fact: 'Accept jxl: JPEG XL', test: 'offers exactly the formats it names', differs: NO_JXL },
      { fact: 'Accept jxl, webp', test: 'offers exactly the formats it names', differs: NO_JXL },
      { fact: 'Accept jxl, avif', test: 'offers exactly the formats it names', differs: NO_JXL },
      { fact: 'Accept jxl, avif, webp', test: 'offers exactly the formats it names', differs: NO_JXL },
      ['Boundaries are strict', 'boundaries are strict'],
      {
        fact: 'Animated WebP sources',
        test: 'an animated WebP is never flattened to AVIF',
        differs: 'The contract excludes only GIF from AVIF; here no animation loses its frames to it.',
      },
      ['JPEG, PNG, GIF, TIFF, WebP, AVIF, BMP are read; TIFF and BMP go out as PNG', '%s for %o is %s'],
      ['SVG is returned unchanged on every operation', 'an SVG goes out unchanged on every operation, in the sandbox'],
    ],
  },
  8: {
    title: 'Compression',
    facts: [
      ['Level from dppx and Save-Data', '?%s with the header %s gives %s, hide %s'],
      ['Save-Data must be exactly on', 'must be exactly on'],
      ['hide: the empty GIF, Vary, no Cache-Control, nothing fetched', 'hide answers the empty GIF without fetching'],
      [
        'Source quality: estimated for JPEG, 92 if that fails',
        'the standard tables give back the quality asked for, at every quality',
      ],
      ['AVIF 70/60/50', QUALITIES],
      { fact: 'JPEG XL 82/72/62', test: 'offers exactly the formats it names', differs: NO_JXL },
      ['WebP or JPEG at q = 100: 82/72/62', QUALITIES],
      ['WebP or JPEG of a JPEG: q, q − 10, q − 20', QUALITIES],
      ['WebP of other sources: 75/65/55', QUALITIES],
      ['Illustrations are lossless', 'an illustration as WebP is lossless'],
      ['PNG of a photo PNG is lossless', 'an illustration is lossless, a photo is not, except as PNG'],
      ['Clamped to 1…100', QUALITIES],
      {
        fact: 'Effort of the encoders',
        test: 'a better connection gets a larger file: default, Save-Data, dppx',
        differs: 'AVIF at effort 1, eight times cheaper for a few per cent of bytes; JPEG with optimised tables.',
      },
    ],
  },
  9: {
    title: 'Illustration or photo',
    facts: [
      ['1. Below 20 480 bytes: illustration', 'anything below 20 KB is an illustration'],
      ['1. Above 1 048 576 bytes: photo', 'two flat colours in a file above 1 MB are a photograph without a look'],
      [
        '2. Above 250 000 pixels shrunk to 500 wide',
        'a large picture is judged by its averages at 500 pixels of width',
      ],
      ['3. More than 30 000 colours: photo', 'noise is a photograph'],
      ['4. The background is set aside', 'eight flat colour bars saved uncompressed are an illustration'],
      ['5. Few colours to the goal: illustration', 'eight flat colour bars saved uncompressed are an illustration'],
      ['6. A run that never ends: photo', 'the same size in one colour is a photograph: the background never ends'],
    ],
  },
  10: {
    title: 'Encoding details and response headers',
    facts: [
      ['Orientation applied and dropped', 'orientation is applied and dropped'],
      [
        'Metadata removed, profile kept except in PNG, CMYK to sRGB, grey stays grey',
        'a profile stays in JPEG and WebP, not in PNG; CMYK becomes sRGB; grey stays grey',
      ],
      ['JPEG: baseline, 4:2:0', 'a JPEG comes out baseline with 4:2:0, EXIF is gone'],
      ['Alpha survives', 'transparency survives'],
      ['Animated GIF: frames, delays, loops', 'an animated GIF keeps its frames, delays and loops, also as WebP'],
      [
        'Content-Type is truthful',
        'name the true type of bytes that are handed on untouched, and what the source said for asis',
      ],
      ['Content-Length is exact', '%s for %o is %s'],
      ['Cache-Control: 30 days, configurable', 'take the time to live from the project'],
      ['Vary', 'say type, length, 30 days, Vary and CORS'],
      ['CORS headers', 'say type, length, 30 days, Vary and CORS'],
      ['Age and Via come from a CDN', 'say type, length, 30 days, Vary and CORS'],
      {
        fact: 'ETag, Last-Modified, ranges and conditions',
        test: 'let clients revalidate and resume: ETag, Last-Modified, 304, 206',
        differs: 'The service never sends or honours them; here they help clients and caches.',
      },
      {
        fact: 'Bodies from sources',
        test: 'put every body into the sandbox',
        differs: 'Every body carries nosniff and a sandbox policy, so that no file of a source runs as a page.',
      },
    ],
  },
  11: {
    title: 'Errors',
    facts: [
      ['No route: 404 page not found', 'what is no route is 404 page not found'],
      ['Key, secret or host refused: 401', 'missing, unknown, given twice, or a secret in its place is 401'],
      ['size param is required', ERRORS],
      ['size param should be in format WxH', ERRORS],
      ['url param is required', 'an empty source is 400 url param is required'],
      ['dppx query param must be a number', ERRORS],
      ["save-data query param must be one of 'off', 'hide'", ERRORS],
      ["can't parse trim-border param", ERRORS],
      ['Failures of a source: 404, 403, 504, else 500 with the prefix of the engine', MISSING],
      {
        fact: 'A source that answers 410',
        test: '410 Gone is told as missing',
        differs:
          'The contract makes every status but 404, 401 and 403 a 500; Gone says what 404 says, only more surely.',
      },
      ['One switch restores always 500', 'one switch makes every failure of a source 500'],
      ['Not an image, cannot be decoded: 500', '%s is 500 and the server goes on'],
      ['File over the size limit: 413', 'a file beyond 50 MB is 413'],
      ['The order of checks', 'route, 401, size, source, dppx, save-data, trim-border, hide, fetch'],
      ['Plain text, one line, never cached, no credentials', MISSING],
      ['Redirects are followed, up to 10', 'are followed ten times, not eleven'],
    ],
  },
  12: {
    title: 'Source model',
    facts: [
      ['Alias: unique within the account, fixed', 'keeps aliases unique within a project only'],
      ['Type: fixed after creation', 'makes another connection of an alias that becomes another kind of store'],
      ['HTTP: Images location', 'reading from a web server'],
      ['S3: bucket, region, prefix, access key, secret key', 'keeps every field of every kind of connection'],
      ['Secret keys are never shown again', 'keeps a connection without showing its secrets'],
      ['Validation of the fields', 'a connection that is handed in'],
      ['Mapping to URLs', 'a key below a base means the URL (pixboost §2, §12)'],
      ['Mapping to keys below the prefix', 'joining a prefix'],
      ['Dot segments are refused: 400', 'dot segments behind an alias are 400'],
      ['Originals are cached between variants', 'several sizes of a picture cost one fetch'],
      [
        'S3 permissions: 404 with ListBucket, 403 without',
        'a missing key is 404, one that the user may not see is 403, and neither disables the source',
      ],
      ['Other S3 faults are of class 500', 'wrong credentials and other faults of S3 are 500 and tell nothing'],
    ],
  },
  13: {
    title: 'Caching, purge, warm-up',
    facts: [
      [
        'Results are cached by source and effective parameters',
        'a repeated request is the same Delivery, another Accept is another',
      ],
      ['Purge 200, also when nothing was cached', 'answers 200 and drops the source, also when nothing was cached'],
      {
        fact: 'Purge 202',
        test: 'a purge makes the next request fetch again',
        differs: 'A purge is done at once, so it is always 200.',
      },
      ['Purge 401', 'is 401 with a bad secret, a key in its place, or a host that is not among the sources'],
      ['Purge 429: more than one per minute', 'is 429 more than once a minute, each account for itself'],
      ['Warm-up: 202 at once, at most 20', 'is 202 at once and queues the URLs'],
      ['Warm-up: every format the server can produce', 'computes every format the server can produce'],
      ['Warm-up: bad JSON, no images, too many, another host or account: 400', 'is 400 with %s'],
      { fact: 'The monthly workflow quota', missing: 'A server of your own has no plans: calls are not counted.' },
    ],
  },
  14: {
    title: 'Dashboard',
    facts: [
      { fact: 'Login and sign-up', missing: DASHBOARD },
      { fact: 'Images Domains, Images Sources, API Keys, Workflow API Secrets', missing: DASHBOARD },
      { fact: 'Snippet Generator', missing: DASHBOARD },
      { fact: 'Cache Invalidation', missing: DASHBOARD },
      { fact: 'Billing', missing: DASHBOARD },
      { fact: 'Analytics', missing: DASHBOARD },
      { fact: 'Users and roles', missing: DASHBOARD },
      ['Custom domain: any configured host name, same paths', 'serves a bound host by its surface only'],
    ],
  },
  15: {
    title: 'Limits',
    facts: [
      ['Image sources per account: 10, configurable', 'names the limit that is reached'],
      ['API keys: 10, configurable', 'names the limit that is reached'],
      ['Source file: 50 MB', 'a file beyond 50 MB is 413'],
      ['Warm-up URLs per call: 20', 'takes 20 URLs and any content type'],
      ['Purges: 1 per minute', 'is 429 more than once a minute, each account for itself'],
      { fact: 'Workflow calls, traffic, users per plan', missing: 'A server of your own has no plans.' },
      ['Custom domains', 'serves a bound host by its surface only'],
    ],
  },
  16: {
    title: 'Server options of the engine',
    facts: [
      ['cache: seconds of max-age', 'take the time to live from the project'],
      ['proc: parallel transformations', 'tells its load, and does not lose count when works fail'],
      ['disableSaveData', 'where it is switched off Vary is Accept alone'],
      ['Time-outs end in 504', MISSING],
    ],
  },
  17: {
    title: 'Engine oddities and the rule to implement',
    facts: [
      ['Bad trim-border: 400, message only', ERRORS],
      ['size=x, 0, 0x100, 20 digits: 400', '%s?size=%s is refused'],
      ['fit?size=300x, x300: 400', '%s?size=%s is refused'],
      ['Missing types are told truthfully', 'sniffs the type when the source sends none'],
      ['Save-Data never makes a GIF→WebP larger', QUALITIES],
      ['q 15 and dppx 2: clamped at 1', QUALITIES],
      ['GIF→GIF: frames composed first', 'an animated GIF keeps its frames, delays and loops, also as WebP'],
      ['Methods as in §1', 'other methods are 405 and say which are allowed'],
      ['Source 404 is 404, with a switch', 'one switch makes every failure of a source 500'],
      ['resize?size=2000x10 is judged by 2000×2000', 'the estimated area follows the wish, not the result'],
      [
        'Repeated parameters, exact tokens, save-data checked without header',
        'another word is refused, also without the header',
      ],
    ],
  },
  18: {
    title: 'What real clients send',
    facts: [
      ['React library: encoded sources with a query, dppx on every operation', 'asis looks at no parameter'],
      ['Script: fixed paths and the empty GIF', 'hide answers the empty GIF without fetching'],
      ['Shop theme: encoded protocol-relative sources', '%s is fetched from where the contract says'],
      ['By hand: hosts without scheme', 'a first segment with a dot is a host'],
      [
        'By hand: keys without trailing __, if unambiguous',
        'without its trailing underscores is accepted when that is unambiguous',
      ],
    ],
  },
}

export const sections: readonly Section[] = sectionsOf(CHAPTERS)

export const rows: readonly CompatRow[] = rowsOf(CHAPTERS)
