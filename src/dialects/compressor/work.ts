import type { Directory } from '../../catalog/model.ts'
import { Fault } from '../../faults.ts'
import type { Optimizer, Result, Taken, Version } from '../../optimizer/optimizer.ts'
import { mediaType } from '../../plan/media-type.ts'
import type { Answer, FileFacts } from './answers.ts'
import { type FitMeaning, outputFormat, pictureOf } from './image.ts'
import { nameOfUpload, nameOfUrl, outputName } from './names.ts'
import type { CompressorRequest } from './request.ts'
import { resultPath, resultTime } from './results.ts'

/** An upload on the optimizer's disk. */
export type Upload = { readonly spool: string; readonly filename: string }

/** One call to be carried out, now or later. */
export type Task = {
  readonly id: string
  readonly project: string
  readonly request: CompressorRequest
  /** Absent for `fetch`. */
  readonly upload: Upload | undefined
}

export type Work = {
  /** Does a call. Faults of the optimizer; too-large above `bytes` of input. */
  fill(task: Task, bytes: number, signal: AbortSignal): Promise<Answer>
}

export type WorkOptions = {
  readonly directory: Pick<Directory, 'project'>
  readonly optimizer: Optimizer
  readonly publicUrl: () => string
}

/** Calls → orders → answers. */
export function createWork({ directory, optimizer, publicUrl }: WorkOptions): Work {
  return {
    async fill({ id, project, request, upload }, bytes, signal) {
      const { image, store } = request
      const source = takenOf(request, upload)
      const input = source.kind === 'url' ? nameOfUrl(source.url) : nameOfUpload(upload?.filename ?? '')
      const fit = fitOf(directory.project(project)?.settings.others.compressor)
      const compile = (facts: Parameters<typeof pictureOf>[1]): readonly [Version] => [
        {
          id: 'result',
          ...pictureOf(image, facts, fit),
          name: { text: outputName(input, outputFormat(image, facts)), keepExtension: true },
          // The same call done again, after a crash, replaces its own result.
          into: store?.push ?? { kind: 'publish', id: id.replaceAll('-', '') },
        },
      ]
      const report = await optimizer.fill({ project, source, sourceBytes: bytes, compile }, signal)
      const [result] = report.results
      const { facts } = report.source
      const turned = facts.orientation >= 5
      return {
        id,
        url: urlOf(result, request, id, publicUrl()),
        input: {
          ...kindOf(input, facts.format),
          size: report.source.bytes,
          sha1: report.source.sha1,
          width: turned ? facts.height : facts.width,
          height: turned ? facts.width : facts.height,
        },
        output: {
          ...kindOf(result.name, result.format),
          size: result.bytes,
          sha1: result.sha1,
          width: result.width,
          height: result.height,
        },
      }
    },
  }
}

function takenOf({ source }: CompressorRequest, upload: Upload | undefined): Taken {
  if (source !== undefined) return { kind: 'url', ...source }
  if (upload === undefined) throw new Fault('bad-parameter', 'file is required')
  return { kind: 'spooled', id: upload.spool }
}

function kindOf(name: string, format: Result['format']): Pick<FileFacts, 'name' | 'type' | 'format' | 'mime'> {
  return { name, type: 'image', format, mime: mediaType(format) }
}

function urlOf({ at, name }: Result, { store }: CompressorRequest, id: string, publicUrl: string): string {
  if (at.kind === 'published') return publicUrl + resultPath(resultTime(at.expires), id, name)
  if (store === undefined) throw new Error('a result was stored that nobody asked to store')
  return store.url(at)
}

function fitOf(settings: unknown): FitMeaning {
  const inside = typeof settings === 'object' && settings !== null && 'fit' in settings && settings.fit === 'inside'
  return inside ? 'inside' : 'cover'
}
