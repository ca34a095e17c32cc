/**
 * Who may import whom, the tiers of ARCHITECTURE.md:
 * dialects, console, cli → delivery, optimizer, uploads → engine, storage, catalog, jobs → plan. `faults.ts` is for all.
 */
const TIERS = [
  ['dialects', 'console', 'cli'],
  ['delivery', 'optimizer', 'uploads'],
  ['engine', 'storage', 'catalog', 'jobs'],
  ['plan'],
]
const LEAF = '^src/faults\\.ts$'
const SOURCES = '^src/'
const room = (...names) => `^src/(${names.join('|')})/`

/** A room may import its own files and those of the tiers below it. */
const tiers = TIERS.flatMap((names, level) =>
  names.map((name) => ({
    name: `${name}-imports-tiers-below`,
    comment: `${name}/ may import itself, lower tiers and faults.ts`,
    severity: 'error',
    from: { path: room(name) },
    to: {
      path: SOURCES,
      pathNot: [
        LEAF,
        room(name),
        ...TIERS.slice(level + 1).map((lower) => room(...lower)),
        ...(name === 'dialects' || name === 'console' ? [room('http')] : []),
      ],
    },
  })),
)

const only = (name, packages, rooms, comment) => ({
  name,
  comment,
  severity: 'error',
  from: { path: SOURCES, pathNot: room(...rooms) },
  to: { path: packages },
})

export default {
  forbidden: [
    ...tiers,
    {
      name: 'one-dialect-knows-no-other',
      severity: 'error',
      from: { path: '^src/dialects/([^/]+)/' },
      to: { path: '^src/dialects/[^/]+/', pathNot: '^src/dialects/$1/' },
    },
    {
      name: 'only-main-composes',
      comment:
        'dialects, the dashboard, the command line, the configuration and the demo are known to main.ts and first-start.ts alone',
      severity: 'error',
      from: { path: '^src/([^/]+)', pathNot: '^src/(main|first-start)\\.ts$' },
      to: { path: [room('dialects'), room('console'), room('cli'), room('config'), room('demo')], pathNot: '^src/$1/' },
    },
    {
      name: 'main-is-not-imported',
      severity: 'error',
      from: { path: '^(src|scripts)/' },
      to: { path: '^src/main\\.ts$' },
    },
    {
      name: 'http-knows-no-room',
      severity: 'error',
      from: { path: room('http') },
      to: { path: SOURCES, pathNot: [LEAF, room('http')] },
    },
    {
      name: 'config-knows-only-models',
      comment: 'the configuration shares the catalog’s model and rules of validity; it wires nothing',
      severity: 'error',
      from: { path: room('config') },
      to: { path: SOURCES, pathNot: [LEAF, room('config', 'plan'), '^src/catalog/(model|rules)\\.ts$'] },
    },
    {
      name: 'demo-stands-alone',
      severity: 'error',
      from: { path: room('demo') },
      to: { path: SOURCES, pathNot: [LEAF, room('demo')] },
    },
    {
      name: 'faults-imports-nothing',
      severity: 'error',
      from: { path: LEAF },
      to: { path: '.' },
    },
    {
      name: 'sources-import-no-tests',
      severity: 'error',
      from: { path: SOURCES },
      to: { path: '^(test|scripts|bench)/' },
    },
    only('sharp-in-engine', 'node_modules/sharp/', ['engine'], 'pixels are the engine’s'),
    only('cloud-in-storage', 'node_modules/(@aws-sdk|@smithy|@azure)/', ['storage'], 'cloud SDKs stay in storage/'),
    only(
      'outbound-http-in-storage',
      'node_modules/undici/',
      ['storage'],
      'outbound HTTP goes through the network guard',
    ),
    only(
      'sql-in-catalog',
      ['node_modules/(kysely|pg|pg-(?!boss/)[^/]+)/', '^(node:)?sqlite$'],
      ['catalog'],
      'SQL stays in catalog/',
    ),
    only('pg-boss-in-jobs', 'node_modules/pg-boss/', ['jobs'], 'the queue on Postgres stays in jobs/'),
    {
      name: 'no-cycles',
      severity: 'error',
      from: { path: SOURCES },
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'no-development-packages',
      comment: '`npm start` installs without them',
      severity: 'error',
      from: { path: SOURCES },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'], dependencyTypesNot: ['type-only'] },
    },
    { name: 'resolvable', severity: 'error', from: { path: SOURCES }, to: { couldNotResolve: true } },
  ],
  options: {
    // TypeScript 7 offers no parser API: without this line nothing is cruised, and nothing fails.
    parser: 'swc',
    tsPreCompilationDeps: false,
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
      extensions: ['.ts', '.mjs', '.js', '.json', '.d.ts'],
    },
  },
}
