// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the file takes variables in this form
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import Type, { type TSchema } from 'typebox'
import { Check } from 'typebox/schema'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { jsonSchema, readConfig } from '../../src/config/config.ts'
import { scalarsOf, variableOf } from '../../src/config/environment.ts'
import { configSchema } from '../../src/config/schema.ts'

const text = readFileSync(join(import.meta.dirname, '../../tintype.example.yaml'), 'utf8')
/** The sample says: a `#` with no blank behind it is a setting that is switched off. */
const everything = text.replaceAll(/^( *)#(?=[^ #\n])/gm, '$1')
const env = {
  TINTYPE_MASTER_KEY: '0'.repeat(64),
  TINTYPE_OLD_MASTER_KEY: '1'.repeat(64),
  DEMO_SECRET: 'secret-of-demo',
  S3_SECRET_ACCESS_KEY: 'secret',
  AZURE_ACCOUNT_KEY: 'c2VjcmV0',
}

/** Every key of the definition, lists and tables as `*`: `projects.*.id`. */
function keysOf(schema: TSchema, at: string): string[] {
  if (Type.IsObject(schema)) {
    return Object.entries(schema.properties).flatMap(([key, property]) => {
      const path = at === '' ? key : `${at}.${key}`
      return [path, ...keysOf(property, path)]
    })
  }
  if (Type.IsRecord(schema)) return Object.values(schema.patternProperties).flatMap((item) => keysOf(item, `${at}.*`))
  if (Type.IsArray(schema)) return keysOf(schema.items, `${at}.*`)
  if (Type.IsUnion(schema)) return schema.anyOf.flatMap((kind) => keysOf(kind, at))
  return []
}

function keysIn(value: unknown, at: string): string[] {
  if (Array.isArray(value)) return value.flatMap((item) => keysIn(item, `${at}.*`))
  if (typeof value !== 'object' || value === null) return []
  const table = [
    'hosts',
    'projects.*.imagekit.namedTransformations',
    'projects.*.filestack.stores',
    'projects.*.filestack.aliases',
  ]
  return Object.entries(value).flatMap(([key, item]) => {
    const step = table.includes(at) ? '*' : key
    const path = at === '' ? step : `${at}.${step}`
    return [path, ...keysIn(item, path)]
  })
}

describe('the sample file', () => {
  it('names the schema in its first line', () => {
    expect(text.split('\n')[0]).toBe('# yaml-language-server: $schema=./tintype.schema.json')
  })

  it('is right as it stands', () => {
    expect(readConfig({ text, env: {}, cwd: '/' }).projects.map(({ id }) => id)).toEqual(['demo'])
  })

  it('is right with every setting switched on', () => {
    const config = readConfig({ text: everything, env, cwd: '/' })
    expect(config.projects[0]?.connections.map(({ provider }) => provider)).toEqual(['folder', 's3', 'web', 'azure'])
  })

  it('shows every key there is, and no other', () => {
    const shown = new Set(keysIn(parse(everything), ''))
    const known = new Set(keysOf(configSchema, ''))
    expect([...known].filter((key) => !shown.has(key))).toEqual([])
    expect([...shown].filter((key) => !known.has(key) && !key.endsWith('.*'))).toEqual([])
  })

  it('shows the defaults as they are', () => {
    const server = (source: string) => {
      const { projects: _, hosts: __, ...rest } = readConfig({ text: source, env: {}, cwd: '/' })
      return rest
    }
    expect(server(text)).toEqual(server(''))
    const settings = (source: string) => {
      const [project] = readConfig({ text: source, env: {}, cwd: '/' }).projects
      return [project?.pixboost, project?.imagekit.settings, project?.kraken, project?.compressor]
    }
    expect(settings(text)).toEqual(settings('projects: [{ id: demo }]'))
  })
})

describe('the JSON Schema', () => {
  const schema = jsonSchema()

  it('is plain JSON, the same every time', () => {
    expect(JSON.parse(JSON.stringify(schema))).toEqual(schema)
    expect(JSON.stringify(jsonSchema())).toBe(JSON.stringify(schema))
  })

  it('is the file that editors read', () => {
    const file = readFileSync(join(import.meta.dirname, '../../tintype.schema.json'), 'utf8')
    expect(file).toBe(`${JSON.stringify(schema, null, 2)}\n`)
  })

  it.each([
    ['the sample', text],
    ['the sample with every setting switched on', everything],
    ['variables in the place of numbers and words', 'limits: { frames: "${FRAMES}" }\nlog: { level: "${LEVEL}" }'],
    ['keys with nothing behind them', 'projects:\nlimits:\n'],
  ])('accepts %s', (_, written) => expect(Check(schema, parse(written))).toBe(true))

  it.each([
    'lisen: 127.0.0.1:8080',
    'limits: { frames: many }',
    'log: { level: loud }',
    'projects: [{ keys: [] }]',
    'projects: [{ id: demo, connections: [{ alias: a, provider: folder }] }]',
    'projects: [{ id: demo, connections: [{ alias: a.b, provider: s3 }] }]',
  ])('refuses %j', (written) => expect(Check(schema, parse(written))).toBe(false))

  it('describes every key and demands only what has no default', () => {
    const found: string[] = []
    const look = (value: unknown, at: string): void => {
      if (typeof value !== 'object' || value === null) return
      if (Array.isArray(value)) for (const [index, item] of value.entries()) look(item, `${at}[${index}]`)
      const fields = new Map(Object.entries(value))
      if (fields.has('required')) found.push(`${at}: ${String(fields.get('required'))}`)
      const properties: unknown = fields.get('properties')
      if (typeof properties === 'object' && properties !== null) {
        for (const [key, property] of Object.entries(properties)) {
          expect(property, `${at}.${key}`).toHaveProperty('description')
          look(property, `${at}.${key}`)
        }
      }
      for (const key of ['items', 'patternProperties', 'anyOf']) look(fields.get(key), `${at}/${key}`)
      if (at.endsWith('/patternProperties')) for (const item of Object.values(value)) look(item, `${at}*`)
    }
    look(schema, '')
    expect(found).toEqual([
      '.cache.bucket: connection',
      '.hosts/patternProperties*: dialect,project',
      '.projects/items: id',
      '.projects/items.keys/items: publicKey',
      '.projects/items.connections/items/anyOf[0]: alias,provider',
      '.projects/items.connections/items/anyOf[1]: alias,provider,path',
      '.projects/items.connections/items/anyOf[2]: alias,provider,baseUrl',
      '.projects/items.connections/items/anyOf[3]: alias,provider,accountName',
      '.projects/items.imagekit.endpoints/items: origins',
      '.projects/items.filestack.aliases/patternProperties*: connection',
    ])
  })
})

describe('the variables of the environment', () => {
  it.each([
    [['listen'], 'TINTYPE_LISTEN'],
    [['publicUrl'], 'TINTYPE_PUBLIC_URL'],
    [['limits', 'sourceBytes'], 'TINTYPE_LIMITS_SOURCE_BYTES'],
    [['network', 'allowPrivate'], 'TINTYPE_NETWORK_ALLOW_PRIVATE'],
    [['cache', 'bucket', 'connection'], 'TINTYPE_CACHE_BUCKET_CONNECTION'],
  ])('%j is %s', (path, variable) => expect(variableOf(path)).toBe(variable))

  it('are all different, and none is the one that names the file', () => {
    const variables = scalarsOf(configSchema.properties).map(variableOf)
    expect(new Set(variables).size).toBe(variables.length)
    expect(variables).not.toContain('TINTYPE_CONFIG')
  })
})
