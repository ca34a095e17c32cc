/** The dialects' sections as stored → typed settings. What an earlier version stored may lack a setting: each has its default. */
import type { FilestackSettings, ImagekitSettings, ImageSettings, PixboostSettings, ProjectSettings } from './model.ts'
import { IMAGE_DEFAULTS, PIXBOOST_DEFAULTS } from './rules.ts'
import type { SettingRow } from './tables.ts'

export function toSettings(rows: readonly SettingRow[]): ProjectSettings {
  const sections = Object.fromEntries(rows.map((row): [string, unknown] => [row.dialect, JSON.parse(row.value)]))
  const { pixboost, imagekit, filestack, ...others } = sections
  return {
    pixboost: toPixboost(pixboost),
    imagekit: toImagekit(imagekit),
    ...(filestack !== undefined && { filestack: toFilestack(filestack) }),
    others,
  }
}

function toPixboost(stored: unknown): PixboostSettings {
  const read = reader(stored)
  return {
    cacheSeconds: read.number('cacheSeconds', PIXBOOST_DEFAULTS.cacheSeconds),
    upstreamErrors: read.word('upstreamErrors', ['mapped', 'always500'], PIXBOOST_DEFAULTS.upstreamErrors),
    saveData: read.flag('saveData', PIXBOOST_DEFAULTS.saveData),
    engineRoutes: read.flag('engineRoutes', PIXBOOST_DEFAULTS.engineRoutes),
  }
}

function toImagekit(stored: unknown): ImagekitSettings {
  const { settings, endpoints, namedTransformations, mediaLibrary } = fieldsOf(stored)
  return {
    settings: toImageSettings(settings),
    endpoints: listOf(endpoints).map((one) => {
      const { prefix, origins } = fieldsOf(one)
      return { prefix: typeof prefix === 'string' ? prefix : '', origins: listOf(origins).filter(isText) }
    }),
    namedTransformations: Object.fromEntries(
      Object.entries(fieldsOf(namedTransformations)).filter((entry): entry is [string, string] => isText(entry[1])),
    ),
    ...(isText(mediaLibrary) && { mediaLibrary }),
  }
}

function toFilestack(stored: unknown): FilestackSettings {
  const { stores, aliases } = fieldsOf(stored)
  const read = reader(stored)
  return {
    security: read.flag('security', false),
    stores: Object.fromEntries(
      Object.entries(fieldsOf(stores)).filter((entry): entry is [string, string] => isText(entry[1])),
    ),
    aliases: Object.fromEntries(
      Object.entries(fieldsOf(aliases)).flatMap(([name, alias]) => {
        const { connection, prefix } = fieldsOf(alias)
        return isText(connection) ? [[name, { connection, prefix: isText(prefix) ? prefix : '' }]] : []
      }),
    ),
    directUploads: read.word('directUploads', ['auto', 'always', 'never'], 'auto'),
  }
}

function toImageSettings(stored: unknown): ImageSettings {
  const read = reader(stored)
  const by = IMAGE_DEFAULTS
  return {
    autoFormat: read.flag('autoFormat', by.autoFormat),
    autoAvif: read.flag('autoAvif', by.autoAvif),
    quality: read.number('quality', by.quality),
    keepMetadata: read.word('keepMetadata', ['none', 'profile', 'all'], by.keepMetadata),
    autoOrient: read.flag('autoOrient', by.autoOrient),
    chroma420: read.flag('chroma420', by.chroma420),
    png: read.word('png', ['maximum', 'minimum', 'none'], by.png),
    dataSaver: read.flag('dataSaver', by.dataSaver),
    maxWidth: read.number('maxWidth', by.maxWidth),
    maxHeight: read.number('maxHeight', by.maxHeight),
    restrictUnsigned: read.flag('restrictUnsigned', by.restrictUnsigned),
    restrictUnnamed: read.flag('restrictUnnamed', by.restrictUnnamed),
    unknownParameters: read.word('unknownParameters', ['refuse', 'ignore'], by.unknownParameters),
  }
}

function reader(stored: unknown) {
  const fields = fieldsOf(stored)
  return {
    number: (name: string, otherwise: number) => {
      const value = fields[name]
      return typeof value === 'number' ? value : otherwise
    },
    flag: (name: string, otherwise: boolean) => {
      const value = fields[name]
      return typeof value === 'boolean' ? value : otherwise
    },
    word: <W extends string>(name: string, words: readonly W[], otherwise: W) =>
      words.find((word) => word === fields[name]) ?? otherwise,
  }
}

function fieldsOf(stored: unknown): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(stored ?? {}))
}

function listOf(stored: unknown): readonly unknown[] {
  return Array.isArray(stored) ? stored : []
}

function isText(value: unknown): value is string {
  return typeof value === 'string'
}
