import type { Command } from 'commander'
import { Fault } from '../faults.ts'
import { bucketUrl, connectionTo, findInBucket } from './optimize/bucket.ts'
import { type Destination, isFolder, toConnection, toFolder } from './optimize/destination.ts'
import type { Found } from './optimize/found.ts'
import { openJournal } from './optimize/journal.ts'
import { findLocal } from './optimize/local.ts'
import { createProgress } from './optimize/progress.ts'
import { type Into, type Outcome, optimizeAll } from './optimize/run.ts'
import { savingsTable, totalsOf } from './optimize/savings.ts'
import type { Desk, Ports } from './ports.ts'
import { answer, type Common, connectionOf, projectOf, withDesk } from './session.ts'

type Options = Common & {
  connection?: string
  store?: string
  inPlace?: boolean
  lossy?: boolean
  strip?: boolean
  dryRun?: boolean
}

/** The user stopped the work; what was begun is finished. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted'
}

/** `tintype optimize`. */
export function addOptimizeCommand(program: Command, ports: Ports, common: (command: Command) => Command): void {
  common(program.command('optimize'))
    .description('make pictures smaller: files, folders, or what lies in a bucket')
    .argument('<where...>', 'files, folders, s3://bucket/prefix')
    .option('--store <where>', 'put the results there: ./a-folder (with a slash), or the alias of a connection')
    .option('--in-place', 'replace the files themselves; not for buckets')
    .option('--connection <alias>', 'the connection that reaches the buckets; needed only when several do')
    .option('--lossy', 'take as much loss as the eye does not mind; without it no pixel changes')
    .option('--strip', 'drop date, copyright and place too; colour profile and orientation always stay')
    .option('--dry-run', 'say what would be saved, and write nothing')
    .addHelpText(
      'after',
      `
One of --store, --in-place and --dry-run is needed. No result is ever larger than its picture; with --store pictures that cannot be
made smaller are copied as they are. What is done is remembered in dataDir: run the same command again after an interruption, and it goes
on where it stopped. Ctrl-C finishes the pictures that are under way; a second one ends at once, and no file is half written even then.

Examples:
  tintype optimize ./pictures --dry-run
  tintype optimize ./pictures --in-place
  tintype optimize ./pictures a.png --lossy --store ./smaller
  tintype optimize s3://my-pictures/2024 --store results`,
    )
    .action((where: string[], options: Options) => run(ports, where, options))
}

async function run(ports: Ports, where: readonly string[], options: Options): Promise<void> {
  checkOptions(where, options)
  const needsDesk = where.some(isBucket) || (options.store !== undefined && !isFolder(options.store))
  if (!needsDesk) return optimize(ports, where, options, undefined)
  await withDesk(ports, options, (desk) => optimize(ports, where, options, desk))
}

async function optimize(
  ports: Ports,
  where: readonly string[],
  options: Options,
  desk: Desk | undefined,
): Promise<void> {
  const destination = await destinationOf(options, desk)
  const pictures = await findAll(where, options, desk, destination?.folder)
  if (destination !== undefined) checkPlaces(pictures, destination)
  const { outcomes, interrupted } = await withWorkshop(ports, options, pictures, destination)
  answer(ports, options, { ...totalsOf(outcomes), outcomes }, () =>
    outcomes.length === 0 ? 'There is no picture to optimise.' : savingsTable(outcomes),
  )
  if (interrupted) {
    throw new Interrupted(`Interrupted: ${pictures.length - outcomes.length} not begun. The same command goes on here.`)
  }
  const { failed } = totalsOf(outcomes)
  if (failed > 0) throw new Fault('bad-parameter', `${failed} of ${outcomes.length} failed and stay as they are`)
}

async function withWorkshop(
  { terminal, optimizer }: Ports,
  { config, lossy = false, strip = false, dryRun }: Options,
  pictures: readonly Found[],
  destination: Destination | undefined,
): Promise<{ readonly outcomes: readonly Outcome[]; readonly interrupted: boolean }> {
  const workshop = await optimizer(config === undefined ? {} : { config })
  try {
    const stop = new AbortController()
    const journal = dryRun === true ? undefined : await openJournal(workshop.dataDir)
    const into: Into =
      journal === undefined
        ? { kind: 'nowhere' }
        : destination === undefined
          ? { kind: 'in-place', journal }
          : { kind: 'store', destination, journal }
    const progress = createProgress(terminal, pictures.length)
    const ignore = terminal.onInterrupt(() => {
      stop.abort()
      terminal.err('\nfinishing the pictures that are under way …\n')
    })
    try {
      const manner = { lossy, strip }
      const onOutcome = progress.step
      const outcomes = await optimizeAll(pictures, { workshop, manner, into, stop: stop.signal, onOutcome })
      return { outcomes, interrupted: outcomes.length < pictures.length }
    } finally {
      ignore()
      progress.end()
      await journal?.close()
    }
  } finally {
    await workshop.close()
  }
}

/** Fault bad-parameter for a wish that is not clear or not possible. */
function checkOptions(where: readonly string[], { store, inPlace, dryRun }: Options): void {
  if (store !== undefined && inPlace === true)
    throw new Fault('bad-parameter', 'either --store or --in-place, not both')
  if (store === undefined && inPlace !== true && dryRun !== true) {
    throw new Fault('bad-parameter', 'say where the results go: --store WHERE or --in-place (--dry-run only looks)')
  }
  const strange = where.find((one) => /^[a-z][a-z0-9+.-]+:\/\//i.test(one) && !isBucket(one))
  if (strange !== undefined) throw new Fault('bad-parameter', `${strange} is no file, folder or s3://bucket/prefix`)
  if (inPlace === true && where.some(isBucket)) {
    // Tags, ACLs, storage classes and caching headers of the object could not be put back.
    throw new Fault('unsupported', 'objects of a bucket are not replaced in place: name a --store')
  }
}

function isBucket(given: string): boolean {
  return bucketUrl(given) !== undefined
}

async function destinationOf(options: Options, desk: Desk | undefined): Promise<Destination | undefined> {
  const { store } = options
  if (store === undefined) return undefined
  if (desk === undefined || isFolder(store)) return toFolder(store)
  const project = projectOf(desk, options)
  const connection = connectionOf(project, store)
  return toConnection(connection, await desk.store(project.id, connection))
}

/** Every picture once, however often it was pointed at. */
async function findAll(
  where: readonly string[],
  options: Options,
  desk: Desk | undefined,
  except: string | undefined,
): Promise<readonly Found[]> {
  const all = new Map<string, Found>()
  for (const given of where) {
    for await (const picture of find(given, options, desk, except)) {
      if (!all.has(picture.place)) all.set(picture.place, picture)
    }
  }
  return [...all.values()]
}

async function* find(
  given: string,
  options: Options,
  desk: Desk | undefined,
  except: string | undefined,
): AsyncGenerator<Found> {
  if (desk === undefined || !isBucket(given)) {
    yield* findLocal(given, except)
    return
  }
  const project = projectOf(desk, options)
  const connection = connectionTo(project, given, options.connection)
  yield* findInBucket(given, connection, await desk.store(project.id, connection))
}

/** Nothing is begun when two results would have one name, or a result the name of a picture. Fault conflict. */
function checkPlaces(pictures: readonly Found[], destination: Destination): void {
  const sources = new Set(pictures.map(({ place }) => place))
  const taken = new Map<string, Found>()
  for (const picture of pictures) {
    const place = destination.place(picture.key)
    if (sources.has(place)) {
      throw new Fault(
        'conflict',
        `${picture.name} would be put in place of a picture: name another --store, or --in-place`,
      )
    }
    const other = taken.get(place)
    if (other !== undefined) {
      throw new Fault('conflict', `${other.name} and ${picture.name} would both be stored as ${picture.key}`)
    }
    taken.set(place, picture)
  }
}
