/** Paints one picture of the catalogue off the main thread; the name comes with the thread's data. */
import { parentPort, workerData } from 'node:worker_threads'
import { SCENES } from './catalogue.ts'

const scene = SCENES.find(({ name }) => name === workerData)
if (scene === undefined) throw new Error(`no scene ${String(workerData)}`)
const picture = scene.paint()
if (picture.pixels.buffer instanceof ArrayBuffer) parentPort?.postMessage(picture, [picture.pixels.buffer])
