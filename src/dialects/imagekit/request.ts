/** A raw target → a Delivery, or what is wrong with it. No I/O: depends on its arguments and the directory's generation. */
import type { Connection, Directory, Project } from '../../catalog/model.ts'
import type { Delivery } from '../../delivery/delivery.ts'
import { Fault, isFault } from '../../faults.ts'
import type { SourceRef } from '../../plan/plan.ts'
import {
  type Address,
  addressOf,
  allowedHostsOf,
  type Bound,
  judgeAddress,
  type KeySecret,
  permissionOf,
} from './account.ts'
import { parseChain } from './chain.ts'
import { type Compiled, compileChain, compileUntouched } from './compile.ts'
import { NO_ACCOUNT, type Refusal, refusalOf } from './faults.ts'
import { candidatesOf, type Endpoint, endpointsOf, matchEndpoint } from './origins.ts'
import { offerOf, type Senses } from './senses.ts'
import { parseTarget, type Target } from './target.ts'

/** Largest picture that is worked on (imagekit §12); documents that are drawn are bounded more tightly. */
const PICTURE_BYTES = 40 * 1024 * 1024
const DOCUMENT_BYTES = 5 * 1024 * 1024

/** What a GET means. */
export type Reading =
  | { readonly kind: 'file'; readonly file: FileRequest }
  | { readonly kind: 'refused'; readonly refusal: Refusal }
  /** Overlays and fonts that may lie in several origins: find them, then read again. */
  | { readonly kind: 'locate'; readonly project: string; readonly assets: readonly Sought[] }

export type Sought = { readonly path: string; readonly candidates: readonly [SourceRef, ...SourceRef[]] }

export type FileRequest = {
  readonly delivery: Delivery
  /** Default pictures beyond the first, tried when that one is missing too. */
  readonly others: readonly SourceRef[]
  /** The stored bytes, where a file that is no picture was asked for. */
  readonly untouched?: Delivery
  readonly compiled: Compiled
  readonly project: Project
  readonly asset: string
  readonly origins: readonly Connection[]
  readonly attachment?: string
  /** When the permission ends, milliseconds. */
  readonly until?: number
}

export type ReadOptions = {
  readonly target: string
  readonly bound: Bound | undefined
  readonly senses: Senses
  readonly directory: Directory
  readonly keySecret: KeySecret
  /** Milliseconds since the epoch. */
  readonly now: number
  /** Where overlays were found. */
  readonly located: (project: string, path: string) => SourceRef | undefined
}

/** Order of checks: account, signature, grammar of the URL, restrictions, transformation. */
export function readRequest(options: ReadOptions): Reading {
  const { target, bound, directory, keySecret, now } = options
  const address = addressOf(target, directory, bound)
  if (address === undefined) return refused(NO_ACCOUNT)
  const endpoints = endpointsOf(address.project)
  const matched =
    bound === undefined ? matchEndpoint(address.rest, endpoints) : boundEndpoint(address.rest, bound, endpoints)
  if (matched === undefined) return refused(NO_ACCOUNT)
  try {
    const verdict = judgeAddress(address, endpoints, keySecret, now)
    const parsed = verdict === 'invalid' || verdict === 'expired' ? undefined : parseTarget(matched.rest)
    const permission = permissionOf(address, parsed?.chain ?? '', verdict)
    if (permission.kind === 'refused' || parsed === undefined) {
      return refused(permission.kind === 'refused' ? permission.refusal : NO_ACCOUNT)
    }
    return read(options, address, { endpoint: matched.endpoint, endpoints, target: parsed, permission })
  } catch (error) {
    if (isFault(error)) return refused(refusalOf(error, ''))
    throw error
  }
}

function boundEndpoint(rest: string, bound: Bound, endpoints: readonly Endpoint[]) {
  const endpoint = endpoints.find(({ prefix }) => prefix === bound.endpoint)
  return endpoint && { endpoint, rest }
}

type Matched = {
  readonly endpoint: Endpoint
  readonly endpoints: readonly Endpoint[]
  readonly target: Target
  readonly permission: { readonly seesPrivate: boolean; readonly until?: number }
}

function read(options: ReadOptions, { project }: Address, matched: Matched): Reading {
  const { senses, located } = options
  const { endpoint, endpoints, target, permission } = matched
  const hosts = allowedHostsOf(project)
  const [first, ...more] = candidatesOf(target.asset, target.originQuery, endpoint, hosts)
  if (first === undefined) throw new Fault('object-missing')

  // Overlays, fonts and default pictures belong to the account, whose door is the default endpoint.
  const home = endpoints.find(({ prefix }) => prefix === '') ?? endpoint
  const assetOf = (path: string) => candidatesOf(path, '', home, hosts)
  const sought = new Map<string, Sought>()
  const source = (path: string): SourceRef => {
    const [only, ...others] = assetOf(path)
    if (only === undefined) throw new Fault('object-missing')
    if (others.length === 0) return only
    const found = located(project.id, path)
    if (found === undefined) sought.set(path, { path, candidates: [only, ...others] })
    return found ?? only
  }
  const compiled = compileTarget(project, target, senses, source)
  if (sought.size > 0) return { kind: 'locate', project: project.id, assets: [...sought.values()] }

  const [instead, ...others] = compiled.defaultImage === undefined ? [] : assetOf(compiled.defaultImage)
  const common = {
    project: project.id,
    sources: [first, ...more] as const,
    offer: offerOf(senses),
    caching: 'use',
    seesPrivate: permission.seesPrivate,
  } as const
  const bytes = DOCUMENTS.test(target.asset) ? DOCUMENT_BYTES : PICTURE_BYTES
  const isPlain = compiled.plan.output.kind === 'untouched'
  return {
    kind: 'file',
    file: {
      delivery: {
        ...common,
        ...(instead && { instead }),
        plan: compiled.plan,
        ...(isPlain ? {} : { limits: { sourceBytes: bytes } }),
      },
      others,
      ...(isPlain || isPictureName(target.asset)
        ? {}
        : { untouched: { ...common, ...(instead && { instead }), plan: compileUntouched().plan } }),
      compiled,
      project,
      asset: target.asset,
      origins: endpoint.origins,
      ...(target.attachment !== undefined && { attachment: target.attachment }),
      ...(permission.until !== undefined && { until: permission.until }),
    },
  }
}

function compileTarget(
  project: Project,
  target: Target,
  senses: Senses,
  source: (path: string) => SourceRef,
): Compiled {
  if (isOtherFile(target)) return compileUntouched()
  const { settings, namedTransformations } = project.settings.imagekit
  const names = (name: string) => {
    if (Object.hasOwn(namedTransformations, name)) return namedTransformations[name]
    return Object.hasOwn(BUILT_IN, name) ? BUILT_IN[name] : undefined
  }
  const chain = parseChain(target.chain, names)
  return compileChain(chain, { settings, senses, thumbnail: target.thumbnail, source })
}

/** Answers of the upload API link to the first; the second is its older name (imagekit §7.1). */
const BUILT_IN: Readonly<Record<string, string>> = {
  ik_ml_thumbnail: 'w-400,h-300,c-at_max',
  media_library_thumbnail: 'w-400,h-300,c-at_max',
}

/** Documents are drawn only where a thumbnail is asked for (imagekit §7.3). */
const DOCUMENTS = /\.(pdf|eps|ai)$/i
const OTHERS =
  /\.(css|js|mjs|json|map|txt|md|csv|xml|html?|wasm|mp[34]|m4[av]|webm|mov|ogg|wav|zip|gz|br|tar|7z|docx?|xlsx?|pptx?|woff2?|ttf|otf|eot|m3u8|mpd|ts|vtt|srt|glb|gltf)$/i
const PICTURES = /\.(jpe?g|jpe|jfif|png|apng|webp|avif|gif|tiff?|bmp|svg|hei[cf]|jxl|ico|psd)$/i

/** Files that are delivered as they are, whatever transformation stands beside them. */
function isOtherFile({ asset, thumbnail }: Target): boolean {
  return OTHERS.test(asset) || (!thumbnail && DOCUMENTS.test(asset))
}

/** Whether the name promises a picture, so that anything else is a damaged one. */
export function isPictureName(asset: string): boolean {
  return PICTURES.test(asset)
}

function refused(refusal: Refusal): Reading {
  return { kind: 'refused', refusal }
}
