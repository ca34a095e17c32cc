import type { FileRecord } from '../../catalog/files.ts'
import type { App } from './app.ts'
import type { Context } from './context.ts'
import { sourceOf } from './sources.ts'

/** Drops what was made of a file's bytes, once they are others or gone. A failure is logged: the answer is true all the same. */
export async function forgetPictures(
  { delivery, log }: Pick<Context, 'delivery' | 'log'>,
  { project }: App,
  file: FileRecord,
): Promise<void> {
  try {
    await delivery.purge(project.id, sourceOf(project, file))
  } catch (err) {
    log.warn({ handle: file.handle, err }, 'pictures of a changed file could not be dropped')
  }
}
