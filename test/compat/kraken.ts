import { type Chapters, type CompatRow, rowsOf, type Section, sectionsOf } from './row.ts'

const EXAMPLES = '%s with %o is %s'
const WINDOWS = '%o begins at %o of the source'
const PARAMETERS = '%o'
const STORE_FIELDS = '%o is 422'
const PUT = 'puts the result at the key, with everything that was asked for'
const ANSWER = 'says sizes and names, and the result is where it says'
const SET = 'are answered by id in the order asked for, each with a place of its own'
const CALLBACK = 'is answered at once with an id and nothing else; the result comes as a form'
const INVENTED = 'invents an answer without fetching or charging'

const CHAPTERS: Chapters = {
  '1': {
    title: 'Endpoints and transport',
    facts: [
      ['POST /v1/url', 'optimises a picture by URL'],
      ['POST /v1/upload', 'uploads a picture'],
      ['POST /user_status', 'reads the status and the errors'],
      ['Results are downloaded without credentials', ANSWER],
      ['Other methods on the three paths are 404', '%s %s is 404'],
      ['Unknown members, null and zero mean nothing', 'every field of a typed client, empty'],
      ['Whole numbers may be strings', EXAMPLES],
    ],
  },
  '1.1': {
    title: 'Reading the body',
    facts: [
      ['JSON, raw JSON as a form, the field data of a form', '%s'],
      ['Anything else is 400', '%j'],
    ],
  },
  '1.2': {
    title: 'Reading an upload',
    facts: [
      ['data and upload; body; no name; the file named after itself; either order; odd types and boundaries', '%s'],
      ['What PHP, Ruby, .NET, Java, Go, Node and Python send, byte for byte, with 100-continue', '%s'],
      ['Chunked, without a length', 'chunked, without a length'],
      ['No file, no JSON', '%s is refused'],
      ['The type is decided by the bytes', 'an upload that is no picture is 415'],
    ],
  },
  '1.3': {
    title: 'Authentication',
    facts: [
      ['Key and secret belong together, else 401', '%s'],
      ['Credentials before parameters', 'credentials come before parameters'],
      ['Parameters before type and size', 'parameters come before the type of the file'],
    ],
  },
  '2': {
    title: 'Request parameters',
    facts: [
      ['wait or callback_url is required; callback_url is a web URL', PARAMETERS],
      ['Both: wait counts', 'with wait as well, the answer waits and no callback is sent'],
    ],
  },
  '3': {
    title: 'Resize',
    facts: [
      ['Every strategy, with the worked examples', EXAMPLES],
      ['crop_mode, x and y, scale: which part stays', WINDOWS],
      ['fill paints its canvas', 'is painted above and below the picture, with the smaller band above'],
      ['Colours: short and long hex, rgb, names', '%s is a colour'],
      ['rgba keeps its alpha in PNG, lies on white in JPEG', 'keeps its transparency in PNG and lies on white in JPEG'],
      ['Animations are resized frame by frame', 'an animation is resized frame by frame and stays one'],
      ['Missing sides, unknown strategies, sides above 16384', PARAMETERS],
      ['A window beside the picture is refused', 'a window beside the picture is refused'],
      ['Resizing SVG: it stays as it is unless it is converted', 'a drawing is not resized unless it is converted'],
    ],
  },
  '4': {
    title: 'Image sets',
    facts: [
      ['1 to 10 objects with unique ids', PARAMETERS],
      ['results keyed by id in request order, each with its own place', SET],
      ['Each goes to its storage_path', 'each member of a set goes to its storage_path'],
      ['Without storage_path 422', 'without a storage_path a set is refused'],
      ['Charged once', 'counts input bytes of what succeeded, once per request'],
      ['If one fails all fail, nothing is stored', 'fail as a whole and leave nothing behind'],
      ['A push that fails half-way is taken back', 'half-way through a set takes back what was stored'],
    ],
  },
  '5': {
    title: 'Formats',
    facts: [
      ['Other types are 415', '%s is 415'],
      ['JPEG and PNG without loss keep every pixel', '%s keeps every pixel'],
      ['PNG with loss is a palette with alpha', 'PNG becomes a palette with loss, and its transparency stays'],
      ['quality fixes the quality', 'a higher quality is a larger file'],
      {
        fact: 'sampling_scheme',
        test: 'chroma follows sampling_scheme; 4:2:2 and what nobody knows are 4:4:4',
        differs: '4:2:2 is written as 4:4:4: the encoder has no 4:2:2.',
      },
      ['convert to jpeg, jpg, png, gif, webp, avif', '%s to %s is %s'],
      ['background of what becomes opaque', 'a transparent picture becomes opaque on the colour asked for'],
      [
        'webp without lossy changes no pixel, and wins over convert',
        'webp wins over another format, and changes no pixel unless lossy',
      ],
      ['SVG to WebP is 415 in its words', 'SVG to WebP is 415 in the words of the contract'],
      ['SVG converted to raster formats, in its own size', 'a drawing becomes %s in its own size'],
      { fact: 'PDF and its level, dpi and downsampleType', missing: 'Answered with 415.' },
    ],
  },
  '6': {
    title: 'Metadata and orientation',
    facts: [
      ['By default all metadata goes', 'all of it goes'],
      ['Only the named tags survive', 'only the named tags stay'],
      ['profile', 'the profile stays beside the values it describes'],
      ['orientation, written as 1 with auto_orient', 'the orientation stays, and says 1 once the pixels are turned'],
      ['Without auto_orient the stored pixels stay', 'is forgotten unless asked for: the stored pixels stay'],
      {
        fact: 'auto_orient turns, before resizing',
        test: 'turns the pixels with auto_orient, before resizing',
        differs: 'The turned JPEG is encoded anew at a visually lossless quality, not turned on its coefficients.',
      },
      ['Unknown members are 422', PARAMETERS],
    ],
  },
  '7': {
    title: 'Answers',
    facts: [
      ['Every field of the wait answer', ANSWER],
      [
        'No saving: the own bytes, still a URL',
        'what cannot become smaller is answered with its own bytes, and no saving',
      ],
      ['saved_bytes is never negative', 'an enlarged result saves nothing, never less'],
      ['file_name and the name in the URL', '%s'],
      ['Temporary results live for 3600 s', 'are gone after an hour'],
      ['callback_url: only the id', CALLBACK],
      ['Callback as form', CALLBACK],
      ['Callback as JSON', 'with json the result comes as JSON'],
      ['Callback of a set is JSON', 'the results of a set come as JSON, whatever json says'],
      ['Callback of a failure', 'a failure is told with its message'],
      [
        'At least one delivery, always with the same body, also when the server is killed meanwhile',
        'what was accepted is done and told, however often the process is killed',
      ],
      ['Mistakes are answered at once', 'wrong %s are answered at once'],
      ['Every error with its status and text', PARAMETERS],
      ['413 above 33,554,432 bytes', 'of 33,554,433 bytes is 413, announced or not'],
      ["422 Couldn't get this file", 'one that %s is 422'],
      ['429 when the quota is used up; /user_status', 'is told by /user_status, and may be overdrawn'],
      { fact: '402 overdue and 403 suspended', missing: "Projects of one's own server have no such state." },
    ],
  },
  '8': {
    title: 'External stores',
    facts: [
      ['Stores that are not built are named', '%s is 422 and named'],
      ['No secret is told', '%s: 422, nothing kept, no secret told'],
    ],
  },
  '8.1': {
    title: 's3_store',
    facts: [
      ['Key, ACL, metadata, headers, tags; no temporary copy', PUT],
      ['Rules of path', 'path %j is the key %s'],
      ['Mandatory fields, limits and values', STORE_FIELDS],
      ['A region that is not the bucket’s is found out', 'is found by the region that the answer %i names'],
      ['Empty members and an empty region', 'empty members mean nothing, and the region may be empty'],
      ['A bucket without ACLs takes the default without', '%s: the default is left out, remembered and told'],
      ['An ACL that was asked for fails by name', 'fails by name when the caller asked for one'],
      [
        'An endpoint of the caller or the operator',
        "the caller's endpoint is reached under the network rules, the operator's is not in question",
      ],
    ],
  },
  '8.2': {
    title: 'The other stores',
    facts: [
      ['azure_store', 'puts the result into the container'],
      {
        fact: 'gcs_store',
        test: 'works with HMAC keys over the S3-compatible interface',
        differs: 'HMAC keys in place of a service account, which is refused by name.',
      },
      { fact: 'cf_store, sl_store', missing: 'Refused with 422 by name: both services are gone.' },
    ],
  },
  '9': {
    title: 'Sandbox',
    facts: [
      ['Nothing is fetched, optimised or charged', INVENTED],
      ['An upload is a fifth of its size', 'knows an upload, and takes a fifth of its size'],
      ['No id to a callback, an array for sets', 'says no id to a callback, and an array for a set'],
      ['Credentials and parameters are checked', 'checks credentials and parameters'],
    ],
  },
  '10': {
    title: 'Order of processing',
    facts: [
      [
        'Orient, resize, convert, optimise, metadata, compare, store',
        'turns the pixels with auto_orient, before resizing',
      ],
    ],
  },
}

export const sections: readonly Section[] = sectionsOf(CHAPTERS)

export const rows: readonly CompatRow[] = rowsOf(CHAPTERS)
