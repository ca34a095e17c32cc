import { type Chapters, type CompatRow, rowsOf, type Section, sectionsOf } from './row.ts'

const SIZE = '%i×%i %s is %i×%i'
const EXTRACT = 'cm-extract,w-30,h-20%s cuts at %i,%i'
const REFUSED = '%s is 400 and names %s'
const LAYER_REFUSED = 'is refused: %s'
const PLACED = 'a layer%s lies at %j'
const FORMAT = '%s %o%s for %j'
const FILE = 'quality, progressive and metadata'
const URL_FORM = 'the URL %s'
const HINTS = '%s with %j is %i wide'
const HEADERS = 'carry the headers of the service'
const ERROR = 'an error: %s'
const LATER = 'Comes with the upload and media API.'
const NO_VIDEO = 'Video is no part of this server; 400 names the parameter.'

const CHAPTERS: Chapters = {
  '1.1': {
    title: 'Account',
    facts: [
      ['An account is a project; its id stands in the URL', URL_FORM],
      [
        'Public and private key: a key pair of the project; every pair counts',
        'a valid signature is accepted until it expires, a wrong one never',
      ],
      {
        fact: 'A media library of its own',
        test: 'the media library is asked first',
        differs: 'The connection named as mediaLibrary is read first; uploads come later.',
      },
    ],
  },
  '1.2': {
    title: 'Image settings',
    facts: [
      ['Use best format: on', FORMAT],
      ['Automatic AVIF: off', 'AVIF only when the account turned it on, and never with cp or e-usm'],
      {
        fact: 'Default quality: 80; off keeps the source quality',
        test: 'the settings of the account are the defaults',
        differs: 'It cannot be switched off.',
      },
      ['Preserve metadata: none, profile, all', FILE],
      ['Use EXIF rotation: on', 'the account turns pictures first, rt-auto does when it does not'],
      ['4:2:0 chroma subsampling: off', FILE],
      {
        fact: 'PNG compression: maximum is a palette, minimum lossless, none untouched',
        test: FILE,
        differs: 'none is lossless too.',
      },
      ['Data saver: off', 'Save-Data counts only where the account turned the data saver on'],
      {
        fact: 'Largest dimensions, desktop and mobile',
        test: 'the largest size of the account holds where the URL asks for none',
        differs: 'One bound for every device.',
      },
      {
        fact: 'Restrict unsigned URLs: off, AI only, all',
        test: 'is taken for any endpoint that the URL matches',
        differs: 'Off or all: there is no AI.',
      },
      ['Restrict unnamed transformations', 'restrict unnamed: names and plain URLs only'],
    ],
  },
  '1.3': {
    title: 'Origins',
    facts: [
      [
        'S3',
        'the documented URL is a picture of 300×300, the plain URL the optimised original, both with the canonical link',
      ],
      [
        'S3-compatible: endpoint, path style',
        'the documented URL is a picture of 300×300, the plain URL the optimised original, both with the canonical link',
      ],
      { fact: 'Cloudinary backup', missing: 'An S3 connection reads the bucket; its layout is not mapped.' },
      {
        fact: 'Web folder',
        test: 'a web server is told who asks, and gets the query that is not ours',
        differs: 'The Host header is that of the base URL; it cannot be forwarded.',
      },
      {
        fact: 'Web proxy',
        test: 'an absolute URL is read only from hosts that a key allows',
        differs: 'Hosts must stand in allowedHosts of a key: an open proxy would be anybody’s.',
      },
      { fact: 'Google Cloud Storage', missing: 'Its S3-compatible endpoint works as an S3 connection.' },
      { fact: 'Azure Blob storage', missing: 'The connection can be declared, its store comes later.' },
      { fact: 'Akeneo PIM', missing: 'Not built.' },
      ['A folder of the machine (ours)', URL_FORM],
      [
        'Prefix, / is the root; no doubled slash',
        'origins are asked in order, and what the first does not have comes from the next',
      ],
      ['Read only, fetched on demand', 'repeated requests are answered the same, from what was remembered'],
      ['Encode keys, off and on', 'encodeKeys off: the name is decoded; on: it is read in its encoded form'],
      [
        'Canonical Link header, path without endpoint, transformation and query',
        'an origin with a canonical base names the original in a Link header',
      ],
      ['Private originals by metadata', 'an object marked private needs a signature'],
      ['Private originals by response header', 'private files need a signature or names only, cached or not'],
      [
        'Web servers get x-req-from and the foreign query',
        'a web server is told who asks, and gets the query that is not ours',
      ],
      ['Absolute URLs plain, encoded, and with one slash', 'an absolute URL is read only from hosts that a key allows'],
    ],
  },
  '1.4': {
    title: 'URL-endpoints',
    facts: [
      {
        fact: 'The default endpoint cannot be deleted',
        test: 'without the default endpoint nothing is served beside the prefixes',
        differs: 'Who declares endpoints without it has none: nothing is served that was not asked for.',
      },
      ['Others below a prefix', 'the longest prefix wins, and a bound host drops project and prefix'],
      [
        'A custom domain is one endpoint at its root',
        'the longest prefix wins, and a bound host drops project and prefix',
      ],
      ['Ordered origins; the media library first', 'the media library is asked first'],
      ['Not found moves on', 'origins are asked in order, and what the first does not have comes from the next'],
      [
        'Denied and unreachable origins move on, the last error is told',
        'the last failure other than missing is reported',
      ],
      { fact: 'URL rewriter for foreign syntax', missing: 'Not built.' },
    ],
  },
  '2': {
    title: 'Request URL',
    facts: [
      ['No transformation: still optimised', URL_FORM],
      ['Path, at the front or after a folder', URL_FORM],
      ['Query', URL_FORM],
      ['Chain', URL_FORM],
      ['SEO name', URL_FORM],
      ['Thumbnail of a multi-page file', 'pg takes one frame, also as a thumbnail'],
      {
        fact: 'File version ik-obj-version',
        test: URL_FORM,
        differs: 'Accepted and ignored: connections hold one version.',
      },
      ['Cache busters are ignored for processing', URL_FORM],
      ['1. The raw path is split, then decoded once', 'any text ends in a target or a Fault'],
      ['2. Commas and colons raw or encoded in the query', URL_FORM],
      ['3. Repeated slashes collapse, but for a proxied URL', URL_FORM],
      ['4. An empty tr: is 400, an empty tr= nothing', REFUSED],
      ['5. Path chain first, then query chain', URL_FORM],
      ['6. GET and HEAD, OPTIONS is CORS, others 405', 'HEAD has no body, OPTIONS is CORS, other methods are 405'],
      ['ik-attachment', 'ik-attachment downloads under a name'],
      {
        fact: 'ik-attachment-filename takes the extension of the delivered file',
        test: 'ik-attachment downloads under a name',
        differs: 'That of the path; which of both is meant is not documented.',
      },
      {
        fact: 'ik-sanitizeSvg',
        test: 'an SVG stays as it is, whatever else is asked for',
        differs: 'Bytes are not changed; every file is sent with a policy under which no script runs.',
      },
      ['ik-t, ik-s', 'a valid signature is accepted until it expires, a wrong one never'],
    ],
  },
  '3': {
    title: 'Transformation string',
    facts: [
      ['Blocks keep their colons', 'what was printed is read back as it was'],
      ['Steps run left to right', 'layers come last, as written; what follows a colon comes after them'],
      [
        'The order inside of a step does not matter; layers come last, as written',
        'does not hang on the order of the parameters',
      ],
      ['A key given twice: the last wins', 'the size %s'],
      ['Flags may say true', 'e-grayscale, also spelled by old clients, and not when it says false'],
      ['N for negative numbers', PLACED],
      ['@@ for slashes', 'lies in any origin of the default endpoint; a missing one is 404'],
    ],
  },
  '4.1': {
    title: 'Size',
    facts: [
      ['w', SIZE],
      ['h', SIZE],
      ['w-auto', HINTS],
      ['ar: three spellings and expressions; ignored with both sides or neither', SIZE],
      ['dpr; ignored as a whole beyond 1…5000', SIZE],
      ['c', SIZE],
      ['cm; wins over c', 'the size %s'],
      ['x, y', EXTRACT],
      ['xc, yc; before x, y', EXTRACT],
      { fact: 'z', test: EXTRACT, differs: 'Accepted; without a detector there is nothing to zoom to.' },
      [
        'Parts below 1 are of the picture, later of the step before',
        'a part of the first step is of the picture as it came, later of the step before',
      ],
      ['w-1 is one pixel', SIZE],
      ['Sides above 65535 are ignored', SIZE],
    ],
  },
  '4.2': {
    title: 'Crop arithmetic',
    facts: [
      ['Derived sides round to nearest, at least 1', SIZE],
      ['One side: the other follows, enlarging allowed but with at_max', 'builds responsive sets that never enlarge'],
      ['maintain_ratio', 'c-maintain_ratio%s'],
      ['force', 'c-force stretches'],
      ['at_max', SIZE],
      ['at_max_enlarge', SIZE],
      ['at_least', SIZE],
      ['maintain_ratio_no_enlarge', SIZE],
      ['pad_resize, with sides', 'cm-pad_resize%s stands at %i,%i'],
      ['pad_resize_no_enlarge', 'cm-pad_resize_no_enlarge leaves a small picture as it is'],
      ['extract', EXTRACT],
      ['pad_extract', 'on a canvas: %s'],
      ['pad_extract_no_shrink', 'on a canvas: %s'],
      [
        'A window that leaves the picture: cut, or 400',
        'cm-extract keeps the part that lies in the picture, and fails when there is none',
      ],
      ['Coordinates refer to the upright picture', 'coordinates refer to the upright picture'],
      ['cm with one side is a plain resize', SIZE],
    ],
  },
  '4.3': {
    title: 'Focus',
    facts: [
      ['Nine places', EXTRACT],
      { fact: 'custom', test: EXTRACT, differs: 'The middle: stored coordinates come with the media library.' },
      ['auto', 'fo-auto keeps what the eye goes to, and the size of the plain crop'],
      { fact: 'face', test: EXTRACT, differs: 'The middle: there is no detector.' },
      { fact: 'Names of things', test: EXTRACT, differs: 'The middle: there is no detector.' },
    ],
  },
  '4.4': {
    title: 'Output',
    facts: [
      ['q', FILE],
      ['f', FORMAT],
      ['pr', FILE],
      ['lo', 'the file of %s'],
      ['cp', FILE],
      ['md', FILE],
      {
        fact: 'dn',
        test: FILE,
        differs: 'It is written into the file; a vector picture is drawn in its own size or the one asked for.',
      },
      ['orig', 'orig-true hands on the stored bytes, whatever stands beside it'],
      ['di', 'a missing picture is replaced by the default one, transformed alike, wherever that lies'],
      ['n', 'expand at their place; unknown, self-referring and empty ones are 400'],
      ['pg', 'pg takes one frame, also as a thumbnail'],
      ['Discarded metadata: pixels become sRGB', FILE],
    ],
  },
  '4.5': {
    title: 'Geometry and colour',
    facts: [
      ['rt', 'rt turns clockwise and grows the canvas'],
      ['rt: corners of odd angles', 'corners of an odd turn are black where nothing can be transparent, or the ground'],
      ['rt-auto', 'rt-auto turns as EXIF says when the account does not'],
      ['fl', 'mirrored: %s'],
      ['r', 'r rounds corners after the size, max is an ellipse'],
      {
        fact: 'b',
        test: 'b adds a border outside',
        differs: 'In later steps cw and ch in a width mean the resized picture.',
      },
      ['bg', 'bg fills what is transparent'],
      ['o', 'o multiplies alpha; with bg it is blended and opaque'],
      ['t', 't cuts similar edges'],
      ['bl', 'bl is a Gaussian blur'],
      ['cr', 'e-colorize, cr and e-distort change the picture as they say'],
    ],
  },
  '4.6': {
    title: 'Effects',
    facts: [
      ['e-grayscale', 'e-grayscale, also spelled by old clients, and not when it says false'],
      ['e-contrast', 'e-contrast stretches to the full range'],
      ['e-sharpen', 'e-sharpen and e-usm deepen edges and leave flat areas'],
      ['e-usm; no automatic AVIF', 'AVIF only when the account turned it on, and never with cp or e-usm'],
      ['e-shadow', 'e-shadow lies below, to the right and down'],
      ['e-gradient', 'e-gradient runs from one colour to the other'],
      ['e-colorize', 'e-colorize, cr and e-distort change the picture as they say'],
      ['e-distort', 'e-colorize, cr and e-distort change the picture as they say'],
    ],
  },
  '4.7': {
    title: 'Colours and backgrounds',
    facts: [
      ['RRGGBB, RRGGBBAA with decimal AA, names', 'a block %s has the colour %j on white'],
      ['Solid; black unless said', 'pads are black unless a colour is asked for'],
      [
        'blurred: sigma in pixels, brightness',
        'bg-blurred surrounds the sharp picture with its own blur, brighter if asked',
      ],
      ['dominant', 'bg-dominant and bg-gradient_dominant take the colours of the picture'],
      ['gradient_dominant, _2, _4', 'bg-dominant and bg-gradient_dominant take the colours of the picture'],
      { fact: 'genfill', missing: 'Needs a generative model; 400 says so.' },
    ],
  },
  '5.1': {
    title: 'Arithmetic expressions',
    facts: [
      ['Operators bind mul/div, add/sub, mod, pow', 'expression or condition %s is %i wide'],
      ['iw ih iar', SIZE],
      {
        fact: 'cw ch car',
        test: SIZE,
        differs: 'In steps after the first, a trim or a resize of the same step comes before.',
      },
      ['bw bh bar, in layers', PLACED],
      ['bw bh bar alone in texts and blocks', LAYER_REFUSED],
      ['idn in dn', 'the file of %s'],
      ['A layer with expressions stands alone in its step', LAYER_REFUSED],
    ],
  },
  '5.2': {
    title: 'Conditionals',
    facts: [
      ['w h ar at this point, iw ih iar of the original', 'expression or condition %s is %i wide'],
      ['and binds tighter than or', 'become a branch'],
      ['A condition stands alone in its step', REFUSED],
      ['pg is not allowed inside', REFUSED],
      {
        fact: 'q, f, pr, lo, cp, md, dn, di inside',
        missing: 'The file is decided before the picture is looked at: 400 names the parameter.',
      },
      { fact: 'Not on GIF input', test: 'every frame of %s on %s', differs: 'Works on GIF, too.' },
      ['No condition true: nothing happens', 'expression or condition %s is %i wide'],
    ],
  },
  '6.1': {
    title: 'Layers: common',
    facts: [
      ['Nesting up to three levels, placed on the parent', 'a nested layer lies on its parent'],
      ['i', 'lies in any origin of the default endpoint; a missing one is 404'],
      ['ie wins over i', 'may be named in base64, which wins'],
      ['lx, ly', PLACED],
      ['lxc, lyc; not mixed on one axis', LAYER_REFUSED],
      ['lap', PLACED],
      ['lfo; ignored beside offsets', PLACED],
      ['lm: multiply, cutter, cutout', 'a layer blends: %s'],
      ['lm: displace', 'lm-displace shifts the picture by the red and green of the layer'],
      ['lso, leo, ldu are ignored', PLACED],
    ],
  },
  '6.2': {
    title: 'Layers: placement',
    facts: [
      ['Centred exactly', PLACED],
      ['N counts from the far edge', PLACED],
      ['Offsets are clamped; larger layers cut', 'a layer larger than its base is cut to it'],
      ['One axis given: the other stays centred', PLACED],
    ],
  },
  '6.3': {
    title: 'Image layers',
    facts: [
      ['Sizes, crops, effects as the base has', 'a layer%s is %i×%i'],
      ['Trim is on unless t-false', 'loses its edges unless t-false'],
      [
        'From the default endpoint; a missing overlay is 404',
        'lies in any origin of the default endpoint; a missing one is 404',
      ],
      { fact: 'pg of a layer', missing: 'The first page only; others are 400.' },
    ],
  },
  '6.4': {
    title: 'Solid and gradient blocks',
    facts: [
      ['w, h; the size of the base without', 'a block %s'],
      ['al for six hex digits', 'a block %s has the colour %j on white'],
      ['r, e-gradient', 'has round corners and gradients'],
    ],
  },
  '6.5': {
    title: 'Text layers',
    facts: [
      ['i, ie; cut at 2,000 characters, 2,500 of base64', 'a text is cut at 2,000 characters, or 2,500 of base64'],
      ['fs: 45', 'is black, centred, trimmed to its ink'],
      ['ff: built-in fonts and files', 'a font is a name or a file'],
      ['co: black', 'is black, centred, trimmed to its ink'],
      ['w', 'wraps within a width, grows with the base'],
      ['ia', 'wraps within a width, grows with the base'],
      ['pa', 'padding %s in the order of CSS'],
      ['lh', 'wraps within a width, grows with the base'],
      ['tg', 'comes from the query with blanks, rotated and in another style'],
      ['bg, r, al', 'has a box with padding, colour, opacity and corners'],
      ['rt, fl', 'comes from the query with blanks, rotated and in another style'],
      ['Trimmed to its ink', 'is black, centred, trimmed to its ink'],
      ['Caller text is text, never markup', 'is text, never markup'],
      ['Above 16383 px: 400', LAYER_REFUSED],
    ],
  },
  '6.6': { title: 'Old overlay syntax', facts: [['Answers 400', REFUSED]] },
  '7.1': {
    title: 'Named transformations',
    facts: [
      ['Expand textually at their place; tr: dropped', '%s is written out as %s'],
      [
        'Unknown, self-referring and empty ones: 400',
        'expand at their place; unknown, self-referring and empty ones are 400',
      ],
      ['ik_ml_thumbnail, media_library_thumbnail', URL_FORM],
      [
        'At most 2,000 steps after names are written out',
        'stops a name that doubles itself at every level once the steps are used up',
      ],
    ],
  },
  '7.2': {
    title: 'Default image',
    facts: [
      {
        fact: 'From the media library, transformed alike, 200',
        test: 'a missing picture is replaced by the default one, transformed alike, wherever that lies',
        differs: 'From any origin of the default endpoint.',
      },
      ['Missing too: 404', 'a missing picture is replaced by the default one, transformed alike, wherever that lies'],
    ],
  },
  '7.3': {
    title: 'Pages, vectors, animations',
    facts: [
      {
        fact: 'pg-n; needs ik-thumbnail.jpg on a delivery URL',
        test: 'pg takes one frame, also as a thumbnail',
        differs: 'Taken without it as well.',
      },
      { fact: 'PSD: several layers, ranges, names', missing: 'One page at a time; other forms are 400.' },
      [
        'PDF: drawn page by page for thumbnails, else as it is',
        'a PDF is handed on as it is, and drawn for a thumbnail, page by page',
      ],
      ['PSD', 'a PSD becomes a picture, a thumbnail too'],
      ['HEIC is decoded, and not AVIF by itself', 'a HEIC is JPEG or WebP, and AVIF only when asked for'],
      { fact: 'EPS, AI, APNG', missing: 'EPS and AI are handed on as they are, APNG as its first frame.' },
      ['SVG stays as it is', 'an SVG stays as it is, whatever else is asked for'],
      ['SVG drawn for an explicit raster format, in the size of its view box', 'an SVG is drawn for %s'],
      [
        'Animated GIF stays animated, also as WebP',
        'GIF stays an animated GIF, and an output that cannot move has the first frame',
      ],
      ['Every step keeps frames, delays and loop', 'every frame of %s on %s'],
    ],
  },
  '8': {
    title: 'Output format',
    facts: [
      ['1. AVIF and WebP where Accept names them', FORMAT],
      ['2. Else JPEG, or PNG with alpha; GIF stays', FORMAT],
      ['3. An opaque PNG may become JPEG', FORMAT],
      { fact: '4. The smallest of the candidates', test: FORMAT, differs: 'AVIF before WebP, as the contract allows.' },
      ['5. TIFF, BMP and others become JPEG or PNG', FORMAT],
      ['Explicit formats whatever Accept says; f-gif for GIF only', FORMAT],
      ['f-jpg on alpha: bg or white', 'bg fills what is transparent'],
      ['WebP above 16383: 400 when explicit', ERROR],
    ],
  },
  '9': {
    title: 'Client hints',
    facts: [
      ['dpr-auto', HINTS],
      ['w-auto, rounded up to the next 100', HINTS],
      ['Both: Content-DPR', HINTS],
      ['Missing hints drop the value', HINTS],
      ['DPR and Width by their old names', HINTS],
      ['Save-Data', 'Save-Data counts only where the account turned the data saver on'],
    ],
  },
  '10.1': {
    title: 'Headers',
    facts: [
      ['Content-Type', FORMAT],
      {
        fact: 'Cache-Control: 180 days',
        test: HEADERS,
        differs: 'Private files: private, no-cache, so that no shared cache outlives the signature.',
      },
      { fact: 'x-server', test: HEADERS, differs: 'Not sent: it would name a server that this is not.' },
      ['Access-Control-Allow-Origin, timing-allow-origin, Accept-Ranges', HEADERS],
      {
        fact: 'ETag',
        test: 'repeated requests are answered the same, from what was remembered',
        differs: 'Strong, on files; error bodies have none.',
      },
      ['If-None-Match, ranges', 'repeated requests are answered the same, from what was remembered'],
      ['Vary: Accept and hints', HINTS],
      ['Link', 'an origin with a canonical base names the original in a Link header'],
      ['Content-Disposition', 'ik-attachment downloads under a name'],
      ['Content-DPR', HINTS],
      ['ik-error', REFUSED],
      {
        fact: 'x-request-id',
        test: REFUSED,
        differs: 'On errors: files are sent from memory with headers written once.',
      },
      {
        fact: 'Content-Encoding for text files',
        missing: 'Text files are sent as stored; a proxy in front can compress them.',
      },
      { fact: 'Origin cache control, if enabled', missing: 'Not built.' },
      [
        'Files that are no pictures are handed on with their type',
        'files that are no pictures are handed on as they are',
      ],
    ],
  },
  '10.2': {
    title: 'Errors',
    facts: [
      ['Short plain text, no-cache,no-store', REFUSED],
      ['404 ENOENT', 'what is missing is told as the service tells it'],
      ['404 EACCES', 'an origin that answers %i is 404 %s'],
      ['404 ECONNREFUSED, UNIDENTIFIED', 'an origin that answers %i is 404 %s'],
      ['400 ELIMIT', ERROR],
      ['400 EINVAL', REFUSED],
      ['401', 'a valid signature is accepted until it expires, a wrong one never'],
      { fact: '403 by IP, referrer, country', missing: 'No such rules; a proxy in front can have them.' },
      ['404 for unknown accounts', 'nothing answers for unknown accounts, or for keys of other dialects'],
      ['Unknown keys are refused, or dropped on wish', 'drops unknown keys where the account says so'],
      ['No picture: as it is. A corrupt one: 400', 'files that are no pictures are handed on as they are'],
      ['No input ends in a failure of the server', 'the answer is never a failure of the server'],
    ],
  },
  '11.1': {
    title: 'Signatures',
    facts: [
      ['Byte-exact, pairs anywhere in the query', 'finds the pairs wherever they stand in the query'],
      ['Any change breaks it', 'refuses a changed path, query, expiry, or an expiry taken away'],
      ['Expiry', 'is expired after its second, and not before'],
      ['Against each endpoint that matches', 'is taken for any endpoint that the URL matches'],
      ['The encoded spelling is tried, too', 'takes a signature made over the encoded spelling of a raw path'],
      ['Invalid where none is needed: 401', 'a valid signature is accepted until it expires, a wrong one never'],
      ['Signed by imagekit@6', 'signs URLs that are accepted, with and without expiry'],
      ['Signed by @imagekit/nodejs', 'signs URLs that are accepted'],
    ],
  },
  '11.2': {
    title: 'Worked vectors',
    facts: [
      ['All of them', '%s, expiry %s'],
      ['The vector of the SDK', 'the vector of the official clients'],
    ],
  },
  '11.3': {
    title: 'Private files',
    facts: [
      [
        'Signature or names only; decided on every request',
        'private files need a signature or names only, cached or not',
      ],
    ],
  },
  '11.4': {
    title: 'Restrictions',
    facts: [
      ['Unsigned: 401', 'is taken for any endpoint that the URL matches'],
      ['Unnamed: 400; plain URLs work', 'restrict unnamed: names and plain URLs only'],
    ],
  },
  '12': {
    title: 'Limits',
    facts: [
      ['Input 40 MB', 'a picture above 40 MB is 400 ELIMIT, a file of another kind is not'],
      ['Input and output 100 MP, settable', ERROR],
      ['A side above 65535 is ignored', SIZE],
      ['WebP 16383', ERROR],
      ['PDF 5 MB', 'a document above 5 MB is not drawn'],
      ['Text 16383 px', LAYER_REFUSED],
      ['e-shadow 2 MP', 'e-shadow is refused above two megapixels'],
      ['Layers three deep', LAYER_REFUSED],
      ['dpr 1…5000', SIZE],
      { fact: 'Uploads and versions', missing: LATER },
    ],
  },
  '13': { title: 'Upload API', facts: [{ fact: 'All of it', missing: LATER }] },
  '14': { title: 'Management API', facts: [{ fact: 'All of it', missing: LATER }] },
  '15': {
    title: 'Out of image scope',
    facts: [
      ['e-bgremove, e-changebg, e-dropshadow and other models: 400 names the parameter', REFUSED],
      { fact: 'Video', test: LAYER_REFUSED, differs: NO_VIDEO },
      ['c2pa: 400', REFUSED],
    ],
  },
  '16': {
    title: 'Local decisions',
    facts: [['The account may drop unknown keys', 'drops unknown keys where the account says so']],
  },
}

export const sections: readonly Section[] = sectionsOf(CHAPTERS)

export const rows: readonly CompatRow[] = rowsOf(CHAPTERS)
