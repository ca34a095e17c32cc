/**
 * The definition of `tintype.yaml`: the one source of its types, defaults, validation, descriptions and JSON Schema.
 * The names are a contract with everyone who has written such a file: add, but do not rename.
 */

import Type from 'typebox'
import { DIALECTS, isPlainUrl, isPrefix, parseMasterKey } from '../catalog/rules.ts'
import { choice, flag, group, list, optional, record, type Static, table, text, whole } from './schema-kit.ts'
import { connectionAlias, projectId, projectSchema } from './schema-project.ts'

const MASTER_KEY = '32 bytes in Base64 or 64 hex digits; `openssl rand -base64 32` makes one'

/** Whether `text` is `host:port`; the port may be 0 for any free one, the host empty for every address. */
function isListen(text: string): boolean {
  const port = /:([0-9]{1,5})$/.exec(text)?.[1]
  return port !== undefined && Number(port) <= 65_535 && /^(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]*):/.test(text)
}

/** Whether `text` is `sqlite` or the URL of a Postgres database. */
function isDatabase(text: string): boolean {
  return text === 'sqlite' || (/^postgres(ql)?:\/\//.test(text) && URL.canParse(text))
}

export const configSchema = Type.Object(
  {
    listen: text('Address and port to listen on.', {
      default: '127.0.0.1:8080',
      check: isListen,
      expected: 'host:port, for instance 127.0.0.1:8080, [::1]:8080 or 0.0.0.0:8080',
    }),
    publicUrl: optional(
      text(
        'URL this server is reached at; every URL in an answer begins with it. Default: http:// and the address listened on.',
        {
          check: isPlainUrl,
          expected: 'an absolute http:// or https:// URL without query',
          example: 'http://127.0.0.1:8080',
        },
      ),
    ),
    dataDir: text('Folder of the embedded database, the disk cache and temporary results.', {
      default: './data',
      pattern: /^[^\0]+$/,
      expected: 'the path of a folder',
    }),
    database: text('`sqlite` keeps everything in the data folder; a postgres:// URL is shared by several servers.', {
      default: 'sqlite',
      check: isDatabase,
      expected: 'sqlite or postgres://user:password@host:port/database',
    }),
    masterKey: optional(
      text(
        `Key that seals the secrets in the database: ${MASTER_KEY}. Made and kept in the data folder when left out.`,
        {
          secret: true,
          check: (value) => parseMasterKey(value) !== undefined,
          expected: MASTER_KEY,
          example: '0'.repeat(64),
        },
      ),
    ),
    previousMasterKeys: list(
      'Earlier master keys that may still open what was sealed with them, until everything is sealed anew.',
      text('An earlier master key.', {
        secret: true,
        check: (value) => parseMasterKey(value) !== undefined,
        expected: MASTER_KEY,
        example: '0'.repeat(64),
      }),
    ),
    trustProxy: flag('Believe X-Forwarded-* headers. Only behind a proxy that sets them itself.', false),
    log: group('Logging.', {
      level: choice(
        'Least severe level that is written.',
        ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'],
        'info',
      ),
    }),
    network: group('What requests may reach.', {
      allowPrivate: flag('May URLs handed in by callers reach loopback and private addresses.', false),
    }),
    limits: group('Bounds that keep one request or one project from using up the machine.', {
      sourceBytes: whole('Largest original that is decoded, in bytes.', 268_435_456, 1),
      uploadBytes: whole('Largest upload that is only stored, in bytes.', 5_368_709_120, 1),
      inputPixels: whole('Largest original in pixels (width × height × frames).', 100_000_000, 1),
      outputPixels: whole('Largest result in pixels (width × height × frames).', 100_000_000, 1),
      frames: whole('Most frames of an animation.', 500, 1),
      requestTimeoutSeconds: whole('Longest time from request head to response head, in seconds.', 30, 1, 86_400),
      sourcesPerProject: whole('Most connections of a project.', 10),
      keysPerProject: whole('Most keys of a project.', 10),
    }),
    cache: group('The result cache.', {
      memoryBytes: whole('Bytes kept in memory.', 268_435_456),
      diskBytes: whole('Bytes kept below the data folder.', 10_737_418_240),
      revalidateSeconds: whole('How long a source version is believed without asking the store, in seconds.', 300),
      bucket: optional(
        record('A third level in a bucket, shared by all servers.', {
          connection: connectionAlias('Alias of a writable connection.'),
          project: optional(projectId('Project of that connection; needed when several projects have the alias.')),
          prefix: text('Folder inside of the connection.', {
            default: 'cache/',
            check: isPrefix,
            expected: 'a folder without "." or ".." segments',
          }),
        }),
      ),
    }),
    console: group('The dashboard.', {
      host: text('Host name that serves the dashboard and nothing else; empty means every host.', {
        default: '',
        pattern: /^[A-Za-z0-9._-]*$/,
        expected: 'a host name without scheme, port and path',
      }),
    }),
    hosts: table(
      'Host names served at their root by one dialect, and nothing else.',
      record('What a host serves.', {
        dialect: Type.Enum(DIALECTS, { description: 'Dialect served on this host.' }),
        project: projectId('Project served on this host.'),
        endpoint: text('ImageKit: prefix of the endpoint; empty for the default one.', { default: '' }),
      }),
    ),
    projects: list('Projects declared here. They are read-only in the dashboard.', projectSchema),
  },
  { title: 'Tintype configuration', description: 'tintype.yaml', default: {}, additionalProperties: false },
)

/** The whole configuration with every default filled in. */
export type Config = Static<typeof configSchema>
/** One declared project. */
export type ProjectConfig = Config['projects'][number]
/** One declared connection. */
export type ConnectionConfig = ProjectConfig['connections'][number]
