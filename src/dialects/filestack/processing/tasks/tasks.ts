/** From tasks as they were written to tasks that can be worked on. One reader serves URLs, `b64/` and `POST /process`. */
import { Fault } from '../../../../faults.ts'
import type { RawTask } from '../grammar.ts'
import { CONTROL_TASKS, type ControlTask } from './control-tasks.ts'
import { IMAGE_TASKS, type ImageTask, notHere } from './image-tasks.ts'
import { readOptions } from './options.ts'

export type Task = ImageTask | ControlTask

/** Understood, but not built here: answered with 501 (filestack §4.4). */
const ELSEWHERE: ReadonlySet<string> = new Set(
  [
    'ascii detect_faces crop_faces pixelate_faces blur_faces smart_crop enhance redeye tags sfw caption ocr copyright',
    'image_sentiment text_sentiment doc_detection video_convert video_playlist pdfinfo pdfconvert pdfcreate',
    'doc_to_images preview urlscreenshot minify_js minify_css content',
  ]
    .join(' ')
    .split(' '),
)

/**
 * Throws Fault bad-parameter for unknown tasks and options, values out of range, and missing required ones, in the words of filestack
 * §4.1; Fault unsupported, naming the task, for what only the hosted service does.
 */
export function readTask(raw: RawTask): Task {
  const name = raw.name.toLowerCase()
  if (isImageTask(name)) return readOptions<Task>(raw, IMAGE_TASKS[name])
  if (isControlTask(name)) return readOptions<Task>(raw, CONTROL_TASKS[name])
  if (ELSEWHERE.has(name)) throw notHere(`the task \`${name}\``)
  throw new Fault('bad-parameter', `invalid task \`${raw.name.slice(0, 80)}\``, {
    context: { task: raw.name.slice(0, 80) },
  })
}

export function isImage(task: Task): task is ImageTask {
  return isImageTask(task.task)
}

function isImageTask(name: string): name is keyof typeof IMAGE_TASKS {
  return Object.hasOwn(IMAGE_TASKS, name)
}

function isControlTask(name: string): name is keyof typeof CONTROL_TASKS {
  return Object.hasOwn(CONTROL_TASKS, name)
}
