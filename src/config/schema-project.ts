/** The part of the definition that describes one project: keys, connections and the dialects' sections. */
import Type from 'typebox'
import {
  ACCOUNT,
  ALIAS,
  ALLOWED_HOST,
  BUCKET,
  CONTAINER,
  DIALECTS,
  isAlias,
  isAllowedHost,
  isBucket,
  isPlainUrl,
  isPrefix,
  isPublicKey,
  PIXBOOST_DEFAULTS,
  PROJECT_ID,
  PUBLIC_KEY,
  REGION,
  SECRET,
} from '../catalog/rules.ts'
import { choice, flag, group, list, optional, record, table, text, whole } from './schema-kit.ts'

/** Expectations said in more than one place. */
const PLAIN_URL = 'an absolute http:// or https:// URL without query, for instance https://www.example.com/assets'
const LETTERS = 'letters, digits, "-" and "_", at most 64, not beginning with "-" or "_"'

const url = (description: string) =>
  text(description, { expected: PLAIN_URL, check: isPlainUrl, example: 'https://www.example.com' })
const bucketName = (description: string) =>
  text(description, {
    pattern: BUCKET,
    check: isBucket,
    expected: 'a bucket name: 3 to 63 lower-case letters, digits, dots and hyphens',
    example: 'my-pictures',
  })
const prefix = (description: string, initial?: string) =>
  text(description, {
    ...(initial !== undefined && { default: initial }),
    check: isPrefix,
    expected: 'a folder without "." or ".." segments',
    example: 'folder',
  })
const alias = (description: string) =>
  text(description, {
    pattern: ALIAS,
    check: isAlias,
    expected: `an alias: ${LETTERS}, not the word "warmup"`,
    example: 'pictures',
  })
/** Names a connection made elsewhere in the file; whether it exists is a cross-check. */
export const connectionAlias = (description: string) =>
  text(description, { pattern: ALIAS, expected: 'the alias of a connection', example: 'pictures' })
export const projectId = (description: string) =>
  text(description, { pattern: PROJECT_ID, expected: `a project id: ${LETTERS}`, example: 'demo' })

const key = record('A key pair. One pair serves all dialects.', {
  label: text('What the key is for. Information only.', { default: '' }),
  publicKey: text(
    'The public half: Pixboost `auth`, ImageKit public key, Kraken `api_key`, Filestack API key. Unique on the server.',
    {
      pattern: PUBLIC_KEY,
      check: isPublicKey,
      expected:
        'letters, digits and "_ . ~ = + -", at most 128, and none of the words that begin a path here (api, img, v1, console …)',
      example: 'public_demo',
    },
  ),
  secret: optional(
    text(
      'The confidential half: Pixboost workflow secret, ImageKit private key, Kraken `api_secret`, Compressor key, Filestack app secret. Without it the key can only ask for pictures.',
      {
        pattern: SECRET,
        secret: true,
        expected: '8 to 256 printable ASCII characters without blanks',
        example: 'private_demo',
      },
    ),
  ),
  allowedHosts: list(
    'Hosts whose pictures may be asked for by URL: an exact host, or `.example.org` for every sub-domain.',
    text('A host.', {
      pattern: ALLOWED_HOST,
      check: isAllowedHost,
      expected: 'a host such as i.example.com, or .example.org for every sub-domain, without scheme and path',
      example: 'i.example.com',
    }),
  ),
  dialects: list('Dialects this key is good for; empty means all.', Type.Enum(DIALECTS)),
})

/** What every connection has. */
const common = {
  alias: alias('Name of the connection, unique within the project: the first path segment of Pixboost URLs.'),
  name: text('A name for people.', { default: '' }),
  read: flag('May be read from.', true),
  write: flag('May be written to. A connection without it is never written, whatever names it.', false),
  prefix: prefix('Folder that bounds reads and writes; put before every key. `/` means the root.', ''),
  encodeKeys: flag('ImageKit origin option: send object keys percent-encoded.', false),
  canonicalBaseUrl: optional(url('Base of the `Link: rel="canonical"` header of ImageKit answers.')),
  publicBaseUrl: optional(url('Base of the URLs of stored objects; the object key follows it.')),
}

export const CONNECTIONS = {
  s3: record('A bucket of Amazon S3 or of an S3-compatible store.', {
    ...common,
    provider: Type.Literal('s3', { description: 'Kind of store.' }),
    bucket: optional(bucketName('The bucket. May be left out when every request names one.')),
    buckets: list('Other buckets a request may name; empty means any.', bucketName('A bucket.')),
    region: optional(
      text('Region of the bucket.', {
        pattern: REGION,
        expected: 'a region id such as us-east-1',
        example: 'us-east-1',
      }),
    ),
    endpoint: optional(url('URL of an S3-compatible store; left out for Amazon S3.')),
    forcePathStyle: optional(
      Type.Boolean({
        description: 'Put the bucket into the path instead of the host name; most S3-compatible stores need it.',
      }),
    ),
    accessKeyId: optional(
      text("Access key. Without it the machine's own role is used.", {
        pattern: /^\S{1,128}$/,
        expected: 'an access key id without blanks',
        example: 'AKIAIOSFODNN7EXAMPLE',
      }),
    ),
    secretAccessKey: optional(
      text('Secret that belongs to `accessKeyId`.', {
        pattern: /^\S{1,256}$/,
        secret: true,
        expected: 'a secret access key without blanks',
        example: 'secret',
      }),
    ),
  }),
  folder: record('A folder of this machine.', {
    ...common,
    provider: Type.Literal('folder', { description: 'Kind of store.' }),
    path: text('The folder; relative to the folder of this file.', {
      pattern: /^[^\0]+$/,
      expected: 'the path of a folder',
      example: './pictures',
    }),
    buckets: list('Sub-folders a request may name as container; empty means any.', text('A sub-folder.')),
  }),
  web: record('A web server that originals are read from.', {
    ...common,
    provider: Type.Literal('web', { description: 'Kind of store.' }),
    baseUrl: url('URL under which the originals lie.'),
  }),
  azure: record('A container of Azure Blob storage.', {
    ...common,
    provider: Type.Literal('azure', { description: 'Kind of store.' }),
    accountName: text('Storage account.', {
      pattern: ACCOUNT,
      expected: 'an account name: 3 to 24 lower-case letters and digits',
      example: 'account',
    }),
    accountKey: optional(
      text("Key of the account, in Base64. Without it the machine's own role is used.", {
        pattern: /^[A-Za-z0-9+/]+={0,2}$/,
        secret: true,
        expected: 'an account key in Base64',
        example: 'c2VjcmV0',
      }),
    ),
    container: optional(
      text('The container. May be left out when every request names one.', {
        pattern: CONTAINER,
        expected: 'a container name: 3 to 63 lower-case letters, digits and hyphens',
        example: 'images',
      }),
    ),
    buckets: list(
      'Other containers a request may name; empty means any.',
      text('A container.', {
        pattern: CONTAINER,
        expected: 'a container name: 3 to 63 lower-case letters, digits and hyphens',
        example: 'images',
      }),
    ),
    endpoint: optional(url('URL of an Azure-compatible store; left out for Azure itself.')),
  }),
}

const pixboost = group('The Pixboost dialect.', {
  cacheSeconds: whole('How long browsers and CDNs may keep an answer, in seconds.', PIXBOOST_DEFAULTS.cacheSeconds),
  upstreamErrors: choice(
    'Failures of a source: `mapped` to 404, 403 and 504, or `always500` like the original engine.',
    ['mapped', 'always500'],
    PIXBOOST_DEFAULTS.upstreamErrors,
  ),
  saveData: flag('Obey the `Save-Data` request header.', PIXBOOST_DEFAULTS.saveData),
  engineRoutes: flag(
    'Also serve `/img/…` without a key, like the engine alone. An open proxy to every public host; off by default.',
    PIXBOOST_DEFAULTS.engineRoutes,
  ),
})

const imagekit = group('The ImageKit dialect.', {
  settings: group('What the ImageKit dashboard calls image settings.', {
    autoFormat: flag('Choose WebP where the browser takes it.', true),
    autoAvif: flag('Choose AVIF where the browser takes it.', false),
    quality: whole('Quality of lossy pictures that ask for none.', 80, 1, 100),
    keepMetadata: choice('Metadata that stays in results.', ['none', 'profile', 'all'], 'none'),
    autoOrient: flag('Turn pictures by their EXIF orientation.', true),
    chroma420: flag('Always sub-sample chroma 4:2:0.', false),
    png: choice('PNG compression: a palette, lossless, or untouched.', ['maximum', 'minimum', 'none'], 'maximum'),
    dataSaver: flag('Lower the quality for browsers that send `Save-Data: on`.', false),
    maxWidth: whole('Widest result in pixels; 0 means no bound.', 0, 0, 65_535),
    maxHeight: whole('Highest result in pixels; 0 means no bound.', 0, 0, 65_535),
    restrictUnsigned: flag('Refuse transformations without signature.', false),
    restrictUnnamed: flag('Refuse transformations that are not named ones.', false),
    unknownParameters: choice('Transformation parameters that do not exist.', ['refuse', 'ignore'], 'refuse'),
  }),
  endpoints: list(
    'URL endpoints. When none is declared, the default endpoint has all readable connections in order.',
    record('A URL endpoint.', {
      prefix: text('Path segment behind the project id; empty for the default endpoint.', {
        default: '',
        pattern: /^([A-Za-z0-9][A-Za-z0-9_-]{0,63})?$/,
        expected: `empty, or ${LETTERS}`,
      }),
      origins: Type.Array(connectionAlias('Alias of a readable connection.'), {
        description: 'Connections tried in this order.',
        minItems: 1,
      }),
    }),
  ),
  namedTransformations: table(
    'Named transformations: name → transformation string.',
    text('A transformation such as tr:w-50,h-50.', {
      pattern: /\S/,
      expected: 'a transformation string such as tr:w-50,h-50',
      example: 'tr:w-50',
    }),
  ),
  mediaLibrary: optional(connectionAlias('Writable connection that holds uploads.')),
})

const kraken = group('The Kraken.io dialect.', {
  quotaBytes: whole('Bytes per month the account may optimise; 0 means no bound.', 0),
  s3Endpoint: text('Endpoint of `s3_store` when the request names none; empty means Amazon S3.', {
    default: '',
    check: (value) => value === '' || isPlainUrl(value),
    expected: `empty, or ${PLAIN_URL}`,
  }),
})

const compressor = group('The Compressor dialect.', {
  fit: choice(
    'What the resize mode `fit` means: cover the box and crop, or stay inside of it.',
    ['cover', 'inside'],
    'cover',
  ),
})

const filestack = record('The Filestack dialect. It answers only for projects that have this section.', {
  security: flag('Demand a policy and a signature on every call.', false),
  stores: table(
    'Storage location (S3, azure …) → alias of a writable connection.',
    connectionAlias('Alias of a connection.'),
  ),
  aliases: table(
    'Storage aliases: name in `src://name/…` → where it lies.',
    record('Where a storage alias lies.', {
      connection: connectionAlias('Alias of a readable connection.'),
      prefix: prefix('Folder inside of the connection.', ''),
    }),
  ),
  directUploads: choice(
    "Whether parts of multipart uploads go straight to the bucket by signed URLs: `auto` where the bucket's CORS rules let browsers do so.",
    ['auto', 'always', 'never'],
    'auto',
  ),
})

/** One tenant with everything it declares. */
export const projectSchema = record('A project: one tenant with its keys, connections and settings.', {
  id: projectId('Id of the project; stands in ImageKit URLs.'),
  keys: list('Key pairs of the project.', key),
  connections: list(
    'Stores the project reads from and writes to.',
    Type.Union([CONNECTIONS.s3, CONNECTIONS.folder, CONNECTIONS.web, CONNECTIONS.azure], {
      description: 'A connection.',
      discriminator: 'provider',
    }),
  ),
  pixboost,
  imagekit,
  kraken,
  compressor,
  filestack: optional(filestack),
})
