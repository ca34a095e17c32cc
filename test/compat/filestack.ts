import { type Chapters, type CompatRow, rowsOf, type Section, sectionsOf } from './row.ts'

const FORM = 'a form: the file part, with its name and type'
const NAMES = 'a part: %s'
const RAW_NAMES = 'raw bytes: %s'
const REFUSED = 'a store call is refused: %s'
const KEYS = 'the key (filestack §1.2)'
const PLACES = 'POST %s stores'
const ERRORS = '%i for %s'
const CONTENT = 'GET: bytes, names, and nothing that a browser would run'
const DEFAULT_SET = 'the default set'
const BY_NAME = 'only what is asked for by name'
const OVERWRITE = '%s: other bytes, the same handle, key, name and type'
const REMOVE = '%s %s'
const CONVERTED = 'parameters as tasks, in their fixed order'
const BAD_CONVERSION = '%s: invalid conversion params'
const ALLOWED = 'with a policy for it'
const BOUNDS = 'sizes, paths, containers, handles, where they matter'
const JUDGED = 'what is allowed'
const WITHOUT = 'without credentials'
const NEEDS = '%s needs %s'
const STORED_CONVERSION = 'a stored conversion needs convert and store; a copy of a file store and one that shows it'
const SOURCES = 'a URL, %s'
const SDK_URLS = 'quoted values, escaped brackets, b64 tasks and sources'
const UNTOUCHED = 'are the stored bytes, inline under their name, for 30 days'
const OPTIONS = 'every option under its name and its alias, at both ends of its range'
const STEPS = 'takes the steps that the SDK takes'
const CHUNKS = 'is granted, and takes halves of chunks after failures'
const NOT_ANNOUNCED = 'bytes that are not what was announced'
const BAD_LIST = 'a list of parts that does not make the file'
const AT_EVERY_STEP = 'is needed with security on, at every step'
const SDK = 'uploads a small file, stats, reads, overwrites and removes it'
const SDK_URL = 'stores a picture by URL, and shows it transformed'
const MERGED = 'says 202 until the parts are merged'
const OUT_OF_SCOPE = 'what is out of scope is 501, and names the task'
const NO_LIBRARY = 'The browser library, its dialog and the picker are not built.'
const HOST = 'a host that is bound to a project knows no other'

const CHAPTERS: Chapters = {
  '0': {
    title: 'Model, hosts, common rules',
    facts: [
      ['App and API key: a project that says `filestack:`, with any of its key pairs', REFUSED],
      ['A handle has 20 characters', 'are twenty characters, never twice the same, never with a dash in front'],
      ['File links: /api/file/{handle} and /{handle}', SDK],
      ['Blob: the JSON of a stored file', FORM],
      ['Locations, whatever their case', '%s is %s, kept by the connection %s'],
      ['Container and key', 'the container'],
      ['API: /api/store, /api/file, /api/preview, /api/clients/unauth', 'stores, stats, reads and removes'],
      { fact: 'Dialog pages', missing: NO_LIBRARY },
      ['CDN and processing URLs, POST /process', SDK_URL],
      ['Upload: /multipart/…, /prefetch', 'uploads %i MB: %s'],
      { fact: 'Cloud drives: /folder/list, /store/, /auth/logout', missing: 'Only the hosted picker uses them.' },
      { fact: 'Static files: the picker and SDK bundles', missing: NO_LIBRARY },
      {
        fact: 'One origin for every role: reserved first segments, everything else is a CDN URL',
        test: 'what is not its own stays with the house',
        differs: 'Beside other dialects only what can be a CDN URL is one; a host bound to Filestack takes everything.',
      },
      ['1: URLs begin with the configured base', 'URLs begin with the configured base, whatever the Host header says'],
      ['2: CORS', 'preflights and answers let pages send and read every header of the clients'],
      [
        '3: Unknown parameters are ignored, plugin, _cacheBust, nonce',
        'parameters that nobody knows, or that mean nothing here, change nothing',
      ],
      ['4: Booleans are true and false', REFUSED],
      ['5: HEAD on file links', 'HEAD: the same headers'],
    ],
  },
  '1': {
    title: 'REST store and file API',
    facts: [
      ['The Node client node-filepicker works unmodified', 'stores, stats, reads and removes'],
      ['curl as in the documents', '-F fileUpload=@…'],
    ],
  },
  '1.1': {
    title: 'Store',
    facts: [
      ['A slash at the end, an extra segment, no location at all', PLACES],
      ['Source 1: the file part of a form', FORM],
      ['Source 1: else the first part with a file name', 'a form: %s'],
      ['Source 2: field url of a form', 'a url in a form: %s'],
      [
        'Source 3: JSON with a url; the other members are parameters',
        'a url in JSON, with parameters beside it; the query counts more',
      ],
      ['Source 4: a form without url is raw bytes', 'raw: %s'],
      ['Source 5: anything else is raw bytes', 'raw: %s'],
      ['An empty source is 400', 'a store call of nothing is refused: %s'],
      ['A link of this server is read inside', 'a link of this server is read from its store, not fetched'],
      ['A processing URL of this server too', 'a processing URL of this server is worked on here'],
      ['Redirects are followed', 'a redirect is followed, and a coding undone'],
      [
        'Private addresses are refused by configuration',
        'a private address is refused where the configuration does not allow it',
      ],
      ['The query wins over form and body', 'a url in JSON, with parameters beside it; the query counts more'],
      ['A form may say who it is behind its file', 'a key behind it is waited for'],
      {
        fact: 'Parameters of a form in any order',
        test: 'a path that comes too late is told, and the file removed',
        differs:
          'A file that streams into the store is not moved afterwards: a path or name that follows it is 400 and says so.',
      },
      ['key', REFUSED],
      ['filename', NAMES],
      ['mimetype', NAMES],
      ['path', 'a folder keeps a generated name, a whole path is the key, written over'],
      ['container, storeContainer', 'stores with %s'],
      {
        fact: 'region, storeRegion',
        test: 'a region that is named is told again, and the file lies where the store is',
        differs: "Recorded and told again; requests are signed for the bucket's own region, which is found out.",
      },
      [
        'access: public is the ACL of the object',
        'objects carry their type; the ACL is asked for when access is public, also by an overwrite',
      ],
      ['base64decode: both alphabets, white space, data URLs', 'decodes base64: %s'],
      ['policy, signature', ALLOWED],
      ['multiple is a check of path', 'multiple with a folder is a mere check'],
      [
        'workflows, upload_tags and the like have no effect',
        'parameters that nobody knows, or that mean nothing here, change nothing',
      ],
      ['The name is inferred; the path does not rename', NAMES],
      ['The last segment of a path, or file with the ending of its type', RAW_NAMES],
      ['The type of a part', NAMES],
      ['The type of raw bytes', RAW_NAMES],
      ['The type of a url', 'the type of the url %s that comes as %s is %s'],
      ['text/plain for raw data, else application/octet-stream', 'the type of %s'],
      ['The answer with all its members, and the /api/file/ URL', FORM],
    ],
  },
  '1.2': {
    title: 'Key naming',
    facts: [
      ['Without a path {uid}_{filename}', KEYS],
      ['A folder: dir/{uid}_{filename}', KEYS],
      [
        'A whole path is the key; what was there is overwritten',
        'a folder keeps a generated name, a whole path is the key, written over',
      ],
      ['Leading slashes are dropped', KEYS],
      ['The uid has 20 characters', FORM],
      [
        'Slashes, NUL and control characters become -, Unicode and blanks stay',
        'slashes and control characters of a name do not get into the key',
      ],
      [
        'Every call makes a new handle',
        'makes a new handle for a key that is taken, and the older handle shows the new content',
      ],
    ],
  },
  '1.3': {
    title: 'File API',
    facts: [
      ['GET /api/file/{handle}', CONTENT],
      ['GET /api/file/{handle}+{ext}', CONTENT],
      ['HEAD', 'HEAD: the same headers'],
      ['GET …/metadata', DEFAULT_SET],
      ['POST and PUT overwrite', OVERWRITE],
      ['DELETE removes link and object', REMOVE],
      ['POST …/remove', REMOVE],
      ['GET …/convert', 'a smaller picture'],
      ['POST …/convert stores a new file', 'POST stores it, and tells of it as a store call does'],
      ['GET /api/preview: pictures; documents are 501', 'preview shows pictures, and nothing else'],
      ['GET /api/clients/unauth', 'unauth, prefetch'],
      ['Content-Type, Content-Length, Content-Disposition, X-File-Name', CONTENT],
      ['dl=true, cache=true', 'dl, cache, and a page that is none'],
      ['base64encode', 'base64encode: text of the content, whole and in part (%i bytes over)'],
      ['X-NO-STREAM is accepted', 'preflights and answers let pages send and read every header of the clients'],
      ['Ranges and ETag', 'ranges, ETag and 304'],
      ['Metadata: size, mimetype, filename', DEFAULT_SET],
      ['Metadata: uploaded, in milliseconds', DEFAULT_SET],
      ['Metadata: writeable', DEFAULT_SET],
      ['Metadata: location, path, container, key', DEFAULT_SET],
      [
        'Metadata: width and height, upright; null for what is no image',
        'sides of a picture stand upright, a URL is told',
      ],
      ['Metadata: md5, sha1, sha224, sha256, sha384, sha512', BY_NAME],
      ['Metadata: source_url, sourceUrl', 'sides of a picture stand upright, a URL is told'],
      ['Metadata: cloud is {}', BY_NAME],
      ['Metadata: exif, only for a policy that names it', 'exif of a %s, for who may see it'],
      ['Only the members that are asked for', BY_NAME],
      ['Fresh after an overwrite', OVERWRITE],
      ['The same at the CDN', 'metadata of files and of what lies elsewhere'],
      ['Overwrite: handle, key, container, name and type stay', OVERWRITE],
      ['Overwrite from a url, with another type', 'from a url, with another type'],
      ['Overwrite: forms, base64decode', 'the new bytes come as %s'],
      ['Overwrite always needs authority', WITHOUT],
      ['Remove: parameters in query, form or JSON', REMOVE],
      ['skip_storage leaves the object', 'skip_storage leaves the object'],
      ['Afterwards everything is 404', REMOVE],
      ['Remove always needs authority', WITHOUT],
      ['No removal through CDN URLs', 'a CDN URL neither removes nor overwrites'],
      ['Convert: fixed order of effects, crop_first', CONVERTED],
      ['Convert: the crop is after the resize, or before it', 'the crop counts pixels after the resize, or before it'],
      ['Convert: w, width, h, height', 'a smaller picture'],
      ['Convert: fit', 'fit: clip stays inside, max does not enlarge, scale distorts'],
      {
        fact: 'Convert: align',
        test: 'align: %s',
        differs: '`faces` is the centre: there is no face detector.',
      },
      ['Convert: crop', 'the crop counts pixels after the resize, or before it'],
      ['Convert: format', 'another format, turned'],
      ['Convert: quality, compress, filter', 'quality and compress make the file smaller, filter softens it'],
      ['Convert: rotate, exif', CONVERTED],
      ['Convert: watermark, its size and position', 'a file link as watermark'],
      ['Convert: page, secure', 'page shows another page of a document, secure means nothing'],
      { fact: 'Convert: text and its options', missing: 'Answered with 501.' },
      ['Convert: policy, signature', 'needs convert, and store where it stores'],
      ['Convert: where POST stores', 'POST takes the other names of the same, in a query'],
      ['Convert: an unknown parameter or a bad value is 400', BAD_CONVERSION],
    ],
  },
  '1.4': {
    title: 'Errors of the REST API',
    facts: [
      ['[uuid=<16 hex>] and a message, plain text', REFUSED],
      ['Unknown or missing key 403 Invalid Application', REFUSED],
      ['Unknown location 400, by name', REFUSED],
      ['Bad parameter 400, by name', REFUSED],
      ['A url that cannot be had 400', 'a url that cannot be had: %s'],
      ['Security 403', WITHOUT],
      ['Unknown or removed handle 404 File not found', REMOVE],
      ['Bad conversion, no picture 400', 'what is no picture cannot be converted'],
      ['A store that fails 502, without secrets', 'a store that fails with %s is a 502 that keeps its secrets'],
      {
        fact: 'Rate limit 429 with Filestack-Limit, -Remaining, -Reset',
        missing: 'There is no rate limit. When too much work waits, the answer is 503 with Retry-After.',
      },
    ],
  },
  '2': {
    title: 'Security policies and signatures',
    facts: [['Whatever is sent ends in an answer of the dialect', 'any policy, signed or not']],
  },
  '2.1': {
    title: 'Encoding',
    facts: [
      [
        '1: a JSON object in any order, with any white space',
        'any order of members and any white space is a policy, by the letter of what was signed',
      ],
      ['2: base64, both alphabets', 'takes both alphabets: the SDK quotes what has a slash'],
      ['3: HMAC-SHA256; the test vectors', '%s is signed and verified'],
      ['Blanks that were +', 'blanks that were a + in a query'],
      ['Missing padding is refused in its words', 'refused: half a pair, no base64, missing padding'],
    ],
  },
  '2.2': {
    title: 'Policy members',
    facts: [
      ['expiry is required; fractions are taken', JUDGED],
      ['call: a list or a bare name; absent means all but exif', 'call %s'],
      ['revoke is remove', 'call %s'],
      ['handle', 'a policy of one file opens no other one'],
      ['url', 'url bounds external sources only'],
      {
        fact: 'path: with and without a slash, as given or the generated key',
        test: JUDGED,
        differs: 'Expressions run in linear time (RE2): one that looks around or back is refused.',
      },
      {
        fact: 'container',
        test: JUDGED,
        differs: 'The same engine as for path.',
      },
      ['maxSize, minSize bound what is stored and overwritten', BOUNDS],
      ['max_size, min_size', 'sizes %s'],
      [
        'A size that shows while streaming aborts with 403',
        'a size that only shows while it streams ends the upload with 403, and leaves nothing',
      ],
      ['Expressions are anchored at the start only', 'expressions are anchored at the start only'],
      ['Unknown members are ignored', 'what is absent or null restricts nothing, what nobody knows is ignored'],
    ],
  },
  '2.3': {
    title: 'Call names and what needs them',
    facts: [
      ['read', NEEDS],
      ['stat', NEEDS],
      ['exif, by name', 'EXIF is told only to whom a policy names it'],
      {
        fact: 'pick',
        test: AT_EVERY_STEP,
        differs: `Multipart uploads; opening the dialog is not there. ${NO_LIBRARY}`,
      },
      ['store', ALLOWED],
      ['write', ALLOWED],
      ['writeUrl, or write', ALLOWED],
      ['convert; a stored conversion needs store too, a bare store of a URL only store', STORED_CONVERSION],
      ['remove', ALLOWED],
      { fact: 'runWorkflow', missing: 'There are no workflows; the name is taken and allows nothing.' },
      ['Multipart: pick or store', 'for the path is good at every step'],
    ],
  },
  '2.4': {
    title: 'When a policy is required',
    facts: [
      ['Overwrite and remove: always', WITHOUT],
      ['Metadata exif: always', WITHOUT],
      ['Everything else: with security on', WITHOUT],
      ['A policy that is there is always verified', 'without security nothing is needed, but what is there is judged'],
      ['HTTP Basic with the secret of the app', 'with the secret of the app'],
      ['In query, form and JSON', REMOVE],
      ['As a task in processing URLs', 'stands in the query of a handle, or in any place of the chain'],
      { fact: 'In the query of the picker’s dialog', missing: NO_LIBRARY },
    ],
  },
  '2.5': {
    title: 'Refusals',
    facts: [
      ['REST: 403 with the reason', 'refused: %s'],
      ['REST: missing pair, wrong signature, encoding', 'refused: half a pair, no base64, missing padding'],
      ['Upload API: JSON Invalid App policy', AT_EVERY_STEP],
      ['CDN and processing: their text', 'says what is missing'],
      ['CDN: invalid security policy path', 'path, container and size bound what is stored'],
      { fact: 'Cloud endpoints: 401', missing: 'Only the hosted picker uses them.' },
    ],
  },
  '3': { title: 'Browser API', facts: [{ fact: 'The library filepicker.*', missing: NO_LIBRARY }] },
  '3.1': { title: 'Loading and globals', facts: [{ fact: 'setKey, the queue, hostname', missing: NO_LIBRARY }] },
  '3.2': { title: 'Result object', facts: [{ fact: 'Blob / FPFile in the page', missing: NO_LIBRARY }] },
  '3.3': { title: 'Functions', facts: [{ fact: 'pick, store, read, write and the others', missing: NO_LIBRARY }] },
  '3.4': { title: 'Picker options', facts: [{ fact: 'Every option', missing: NO_LIBRARY }] },
  '3.5': { title: 'Dialog protocol', facts: [{ fact: 'The dialog and its messages', missing: NO_LIBRARY }] },
  '3.6': { title: 'makeDropPane', facts: [{ fact: 'makeDropPane', missing: NO_LIBRARY }] },
  '3.7': { title: 'Widgets', facts: [{ fact: 'Inputs and data-fp attributes', missing: NO_LIBRARY }] },
  '3.8': { title: 'Error codes', facts: [{ fact: 'FPError.code', missing: NO_LIBRARY }] },
  '3.9': { title: 'Current SDK picker', facts: [{ fact: 'client.picker(options).open()', missing: NO_LIBRARY }] },
  '4': {
    title: 'CDN and processing URLs',
    facts: [
      ['URLs that the current SDK makes', SDK_URL],
      ['Whatever the tasks, the answer is one of the dialect', 'whatever the tasks, the answer is one of ours'],
    ],
  },
  '4.1': {
    title: 'Grammar',
    facts: [
      ['The first segment is a key only when it is one', 'a key is one only when it is configured'],
      ['Without a key external sources, aliases and lists are 400', 'need the key; an unknown key is no key'],
      ['The query of an external source belongs to it', 'its own query belongs to it'],
      ['The query of a handle is ours', 'the query of %s is ours as far as it is no URL’s'],
      ['Of a handle: dl, cache', 'the query of a handle says dl and cache'],
      ['Splitting before decoding; quotes and brackets, plain and escaped', SDK_URLS],
      ['URLs: plain, collapsed, encoded, quoted, in base64', SOURCES],
      ['Lists, nested and quoted', 'reads back what it writes'],
      ['src:// aliases', 'storage aliases'],
      ['/{handle}/metadata', '%s asks for metadata: %s'],
      ['b64 tasks, with and without params', 'in base64, with and without parameters'],
      ['From left to right', 'a frame is turned with the picture or laid around the turned one'],
      ['Unknown task or option, value out of range, missing option: 400', ERRORS],
      ['POST on the same URLs', 'POST answers as GET does'],
      ['Without tasks the original bytes, inline', UNTOUCHED],
      ['JSON for store, imagesize, metadata, debug', 'what is told instead of a picture'],
      ['Cached for 30 days', UNTOUCHED],
      [
        'Policy and signature are not part of the cache',
        'policy and signature make no entry of their own in the cache',
      ],
      ['Sources above 100 000 000 pixels are 400', 'a source of too many pixels is 400, and no pixel is decoded'],
      ['Sources above 256 MB are 400', 'a source of more than 256 MB is 400, and is not downloaded'],
      {
        fact: 'Colours: 3, 6, 8 hex digits, names, transparent',
        test: 'the colour %s',
        differs: 'CSS names and the greys of ImageMagick; its other numbered names (snow2) are 400.',
      },
      ['Errors are plain text', ERRORS],
      ['403 security', 'says what is missing'],
      ['404 File not found', 'handles of others, unknown ones and removed ones are 404'],
      ['502 storage provider error', 'a store that fails is a 502 that keeps its secrets'],
      [
        'POST /process: sources with download headers',
        'runs tasks on a URL with download headers, which nobody else gets to see',
      ],
      [
        'POST /process: security after store, store twice',
        'stores a URL as the SDK asks for it: security after store, store twice',
      ],
    ],
  },
  '4.2': {
    title: 'Control tasks',
    facts: [
      ['security, anywhere in the chain', 'stands in the query of a handle, or in any place of the chain'],
      ['cache: expiry, max', 'caching'],
      ['cache=false recomputes', 'cache=false looks at the source anew'],
      ['store: its answer, never cached', 'makes a new file of the result, and tells of it'],
      [
        'store: filename, path, location, access, whatever their case',
        'takes name, path, location, whatever their case, by GET and POST, wherever it stands',
      ],
      ['store: base64decode', 'base64decode'],
      [
        'debug, with the status of the answer',
        'debug: what went wrong, with the status that the answer would have had, and no policy',
      ],
      ['debug: the report', 'debug: a report'],
      ['fallback', 'stands in for %s'],
      ['metadata', 'metadata of files and of what lies elsewhere'],
      ['imagesize', 'imagesize: upright sides, of the source and of the result'],
      ['zip', 'holds every source under its name, duplicates numbered'],
      ['zip: at most 100 sources', 'a hundred sources, and no more; a list is for nothing else'],
    ],
  },
  '4.3': {
    title: 'Image tasks',
    facts: [
      ['Names, aliases, ranges of every option', OPTIONS],
      ['Defaults', 'defaults (§4.2, §4.3)'],
      ['resize: clip, crop, scale, max', '%s makes 60×40 %i×%i'],
      ['resize: align; faces is the centre', 'crop keeps what stands at %s'],
      ['crop', 'drops what lies outside, and refuses what lies beside'],
      ['rotate: deg, background', 'the canvas grows, and its corners are filled'],
      {
        fact: 'rotate: exif',
        test: 'exif turns by the tag, exif:false leaves the stored pixels and forgets it',
        differs: 'Pictures are turned upright by their tag with every task; `exif:false` leaves the stored pixels.',
      },
      ['flip, flop', 'flip swaps top and bottom, flop left and right'],
      ['monochrome', 'monochrome is grey, negative is inverted'],
      ['negative', 'monochrome is grey, negative is inverted'],
      ['sepia', 'sepia is brown, and stronger with its tone'],
      ['blackwhite', 'blackwhite has two levels, and less black below a lower threshold'],
      ['blur, sharpen', 'blur softens edges, sharpen strengthens them'],
      ['pixelate', 'pixelate makes blocks of that size'],
      ['oil_paint', 'oil_paint flattens grain and keeps areas'],
      ['modulate', 'modulate: brightness, saturation in percent, hue in degrees'],
      ['partial_blur', '%s works in its areas only'],
      ['partial_pixelate', '%s works in its areas only'],
      ['rounded_corners, round_corners', 'rounded corners are transparent PNG, or lie on a colour'],
      ['circle', 'circle keeps the inscribed ellipse'],
      ['PNG unless a background is given', 'a JPEG after %s is %s'],
      ['vignette', 'vignette fades towards the edges by its amount'],
      ['polaroid', 'polaroid has a frame with a wider bottom'],
      ['torn_edges', 'torn_edges takes between its two numbers off each side'],
      ['shadow', 'shadow falls to where its vector points, on a canvas that holds it'],
      ['border', 'border grows the picture by twice its width, and shows its background through holes'],
      ['watermark', 'watermark %s lies at %i,%i'],
      {
        fact: 'collage',
        test: 'collage lays the source first, then the files in their order',
        differs: '`autorotate` changes nothing: pictures are upright in any case.',
      },
      ['animate', 'animate makes a GIF of a list'],
      ['animate: sides, fit, background', 'animate: a box, a colour, and tasks before it for every picture'],
      ['output: jpg, pjpg, png, webp, gif; avif too', 'output=format:%s'],
      { fact: 'output: svg', missing: 'Answered with 501.' },
      ['output: quality', 'quality makes smaller files, never larger ones, of JPEG and WebP; others stay as they are'],
      ['output: strip, compress', 'metadata stays unless it shall go'],
      {
        fact: 'output: colorspace',
        test: '%s is not here',
        differs: '`rgb` and `input`; `cmyk` is answered with 501.',
      },
      ['output: background', 'transparent pictures get a background where the format has no holes'],
      ['output: density', 'density is written into the file'],
      ['output: page', 'page shows another page of a document, secure means nothing'],
      ['quality', 'quality makes smaller files, never larger ones, of JPEG and WebP; others stay as they are'],
      ['compress', 'pjpg is progressive; compress loses no size and nothing that is seen'],
      ['pjpg', 'pjpg is progressive; compress loses no size and nothing that is seen'],
      {
        fact: 'auto_image',
        test: 'auto_image is WebP for those who take it',
        differs: 'Accept decides alone; the name of the browser is not looked at.',
      },
      ['no_metadata', 'metadata stays unless it shall go'],
      { fact: 'ascii', missing: 'Answered with 501.' },
      ['upscale', 'upscale doubles'],
    ],
  },
  '4.4': {
    title: 'Out of image scope',
    facts: [
      ['Faces and models: 501 naming the task', OUT_OF_SCOPE],
      {
        fact: 'Video and audio: 501 naming the task',
        test: OUT_OF_SCOPE,
        differs: '`animate` from a video is 400: the source is no image.',
      },
      ['Documents and web pages: 501 naming the task', OUT_OF_SCOPE],
    ],
  },
  '5': {
    title: 'Multipart upload protocol',
    facts: [
      ['The browser build of filestack-js works unmodified', 'uploads %i MB: %s'],
      ['Requests and answers are JSON, readable by pages', 'may read refusals'],
      ['The headers of the SDK', STEPS],
      ['Every request repeats key, store and policy', AT_EVERY_STEP],
      ['An exact key with disableStorageKey', 'stores under an exact key, as the SDK names it without its storage key'],
      ['1 start', STEPS],
      ['1 start: upload_type for chunks', CHUNKS],
      ['2 upload: where to PUT, here', STEPS],
      [
        "2 upload: where to PUT, the store's own signed URL",
        'goes past the server from pages that the bucket’s rules name, and in chunks always through it',
      ],
      ['3 PUT: 2xx with ETag', STEPS],
      ['3 PUT: 403 for an address that was not handed out', 'an address that was not handed out, or long ago'],
      ['4 commit: the chunks become one part', 'makes one part of each committed one'],
      ['4 commit: size of the whole file', 'is not committed with a gap'],
      {
        fact: '5 complete',
        test: STEPS,
        differs: '`status` is always `Stored`: until the object is whole the answer is 202.',
      },
      ['5 complete: 202 until merged', MERGED],
      [
        'Parts at once, in any order',
        'of 100 MB: parts at once, in any order, through the server, without holding them',
      ],
      ['Parts of any usual size, also below 5 MiB', 'gathers parts that are too small for it'],
      ['At most 10 000 parts', 'is refused'],
      ['Chunks in halves after failures, down to 32 KiB', CHUNKS],
      ['The mode fallback', 'mixes with regular parts where a client falls back'],
      ['Dropped connections are tried again', 'goes on after dropped connections: %s'],
      ['5xx for what passes by itself: 502 from the store, 507 for a full disk', '%s, for now: clients try again'],
      ['Parts that come again replace what was there', 'takes parts in any order and again, the last ones count'],
      ['The policy at every step', AT_EVERY_STEP],
      ['Size limits of the policy at start and complete', 'bounds the size at the end, too'],
      ['The parts make the file', BAD_LIST],
      ['md5 of a part', NOT_ANNOUNCED],
      ['ETags that are listed', BAD_LIST],
      ['Unfinished uploads expire after 24 hours', 'forgets what was never finished'],
      ['The form variant', 'takes flat fields'],
      ['The form variant in chunks', 'takes chunks'],
      ['400 names the first bad field', 'what is refused'],
      ['403 Invalid App policy', 'for %s is refused'],
      ['404 for an unknown upload', 'an upload that is unknown, another’s, or over'],
      [
        'Key, name and type as in §1.2; application/octet-stream',
        'a type that is not told is found by the ending, or is any bytes',
      ],
      ['POST /prefetch', 'unauth, prefetch'],
      {
        fact: 'cname: six host names below one domain',
        test: HOST,
        differs:
          'Each name is bound under `hosts:`, TLS comes from a proxy in front; what the vendor has at cloud and static is not there.',
      },
      ['session.urls: one base URL for all', SDK],
      ['storeURL', SDK_URL],
      ['metadata, remove, retrieve, download', SDK],
      ['POST {CDN}/{apikey}/store=…/{url}', 'a URL is downloaded and stored'],
      ['Overwrite as PUT with a raw body', SDK],
      ['CDN reads with policy and signature', 'stands in the query of a handle, or in any place of the chain'],
    ],
  },
  '6': {
    title: 'Stores and per-app configuration',
    facts: [
      {
        fact: 'Locations: S3, azure, gcs, rackspace, dropbox',
        test: '%s is %s, kept by the connection %s',
        differs:
          'A location is any word, kept by any connection: S3 and compatible stores (Google’s with HMAC keys), Azure, folders. Dropbox and Rackspace have no adapter.',
      },
      ['A location without a connection is 400', REFUSED],
      ['S3: keys, default bucket, region, endpoint, path style', 'goes %s'],
      {
        fact: 'S3 rights: get, put, put-ACL, delete; list and location for the region',
        test: 'from an answer %i, and remembers it',
        differs: "Neither list nor location is needed: the region is learnt from the store's answers.",
      },
      ['Any container with the same credentials', 'the container'],
      ['An allow-list of containers', 'into a container that is not allowed is refused by name'],
      {
        fact: 'Region: of the request, of the app, detected',
        test: 'are signed for the region where the bucket lives',
        differs: 'What the bucket says counts; the region of the request is recorded only.',
      },
      [
        'access: public is an ACL, refused where there are none',
        'a bucket that takes no ACLs (%j) refuses public access, and nothing is left',
      ],
      [
        'Browser direct upload under the bucket’s CORS rules',
        'need a rule of the bucket that says so, and its answer is remembered',
      ],
      {
        fact: 'Non-S3 in multipart: gathered here, then moved',
        test: MERGED,
        differs: 'The answer meanwhile is 202, never `InTransit`.',
      },
      ['dropbox: container has no meaning', 'the container'],
      ['Storage aliases', 'storage aliases'],
      ['Objects are read with the credentials of the app', 'goes %s'],
      ['Removed from wherever it was stored', 'what was stored elsewhere is removed from there'],
      ['A host of its own per app', HOST],
      ['Uploads in parts at such a host', 'the key of another project than the host is bound to'],
      {
        fact: 'App record',
        test: 'is right with every setting switched on',
        differs: 'In `tintype.yaml`: `projects[].filestack` over keys and connections; limits are those of the server.',
      },
      {
        fact: 'File record',
        test: 'puts the bytes under a generated key and records what flowed',
        differs: 'Tags and `alt` are accepted and not kept.',
      },
      { fact: 'Webhooks fp.upload, fp.overwrite, fp.delete, fp.converse', missing: 'Optional; not built.' },
      ['POST /api/path/storage/{filename}', 'the oldest way to store'],
    ],
  },
}

export const sections: readonly Section[] = sectionsOf(CHAPTERS)

export const rows: readonly CompatRow[] = rowsOf(CHAPTERS)
