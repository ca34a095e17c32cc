import { type Command, Option } from 'commander'
import type { Connection } from '../catalog/model.ts'
import { Fault } from '../faults.ts'
import { addTestCommand } from './connection-test.ts'
import type { NewConnection, Ports } from './ports.ts'
import { readSecret } from './secrets.ts'
import { answer, answerList, type Common, connectionOf, projectOf, withDesk } from './session.ts'

/** Where the secret half of S3 credentials is read from, besides the standard input. */
const SECRET_VARIABLE = 'TINTYPE_SECRET_ACCESS_KEY'

type AddOptions = Common & {
  provider: NewConnection['provider']
  name?: string
  bucket?: string
  buckets?: string[]
  region?: string
  endpoint?: string
  pathStyle?: boolean
  prefix: string
  accessKeyId?: string
  path?: string
  baseUrl?: string
  publicBaseUrl?: string
  read: boolean
  write?: boolean
}

/** `tintype connection add | list | test | remove`. */
export function addConnectionCommands(program: Command, ports: Ports, common: (command: Command) => Command): void {
  const connection = program
    .command('connection')
    .description('the buckets, folders and web servers that pictures come from')

  common(connection.command('add'))
    .description('connect a bucket, a folder or a web server to a project')
    .argument('<alias>', 'its name in URLs: letters, digits, - and _')
    .addOption(new Option('--provider <kind>', 'what it is').choices(['s3', 'folder', 'web']).default('s3'))
    .option('--name <text>', 'a description for people')
    .option('--bucket <name>', 's3: the bucket')
    .option('--buckets <name...>', 's3: the buckets that requests may name; none given = any')
    .option('--region <id>', 's3: the region, such as eu-central-1')
    .option('--endpoint <url>', 's3: address of an S3-compatible store; not needed for AWS')
    .option('--path-style', 's3: the bucket stands in the path instead of the host name')
    .option(
      '--access-key-id <id>',
      `s3: credentials; the secret comes from ${SECRET_VARIABLE}, a pipe or a prompt. Absent = the role of this machine`,
    )
    .option('--prefix <folder>', 'only what lies below this folder', '')
    .option('--path <folder>', 'folder: a folder of this machine')
    .option('--base-url <url>', 'web: the URL under which the pictures lie')
    .option('--public-base-url <url>', 'the URL under which stored objects are public')
    .option('--no-read', 'never read from it')
    .option('--write', 'results and uploads may be stored in it')
    .addHelpText(
      'after',
      `
Examples:
  tintype connection add bucket --bucket my-pictures --region eu-central-1 --access-key-id AKIA…
  tintype connection add minio --bucket pictures --endpoint http://127.0.0.1:9000 --path-style --access-key-id admin < secret.txt
  tintype connection add local --provider folder --path ./pictures
  tintype connection add assets --provider web --base-url https://www.example.com/assets`,
    )
    .action((alias: string, options: AddOptions) =>
      withDesk(ports, options, async (desk) => {
        const project = projectOf(desk, options)
        refuseForeignOptions(options)
        const secret =
          options.accessKeyId === undefined
            ? undefined
            : await readSecret(ports.terminal, SECRET_VARIABLE, `Secret access key of ${options.accessKeyId}`)
        const made = await desk.addConnection(project.id, newConnection(alias, options, secret))
        answer(ports, options, { project: project.id, ...made }, () =>
          [
            `Connection “${made.alias}” added to project “${project.id}”.`,
            `Try it:  ${ports.terminal.program} connection test ${made.alias} --project ${project.id}`,
          ].join('\n'),
        )
      }),
    )

  common(connection.command('list'))
    .description('the connections of a project')
    .action((options: Common) =>
      withDesk(ports, options, async (desk) => {
        const project = projectOf(desk, options)
        answerList(ports, options, project.connections, {
          heading: ['ALIAS', 'KIND', 'WHERE', 'MAY', 'FROM'],
          row: (item) => [
            item.alias,
            item.provider,
            whereabouts(item),
            rights(item),
            item.declared ? 'file' : 'catalog',
          ],
          empty: `Project “${project.id}” has no connections: make one with \`${ports.terminal.program} connection add\`.`,
        })
      }),
    )

  addTestCommand(connection, ports, common)

  common(connection.command('remove'))
    .description('forget a connection; nothing in the store is touched')
    .argument('<alias>')
    .action((alias: string, options: Common) =>
      withDesk(ports, options, async (desk) => {
        const project = projectOf(desk, options)
        connectionOf(project, alias)
        await desk.removeConnection(project.id, alias)
        answer(ports, options, { project: project.id, removed: alias }, () => `Connection “${alias}” removed.`)
      }),
    )
}

/** Options that belong to another provider are mistakes, told before a secret is asked for. Fault bad-parameter. */
function refuseForeignOptions(options: AddOptions): void {
  const own: Readonly<Record<NewConnection['provider'], readonly (keyof AddOptions)[]>> = {
    s3: ['bucket', 'buckets', 'region', 'endpoint', 'pathStyle', 'accessKeyId'],
    folder: ['path', 'buckets'],
    web: ['baseUrl'],
  }
  const needed: Readonly<Record<NewConnection['provider'], keyof AddOptions | undefined>> = {
    s3: undefined,
    folder: 'path',
    web: 'baseUrl',
  }
  const foreign = Object.entries(own)
    .filter(([provider]) => provider !== options.provider)
    .flatMap(([, names]) => names)
    .find((name) => options[name] !== undefined && !own[options.provider].includes(name))
  if (foreign !== undefined)
    throw new Fault('bad-parameter', `${flag(foreign)} is not for a connection of kind ${options.provider}`)
  const missing = needed[options.provider]
  if (missing !== undefined && options[missing] === undefined) {
    throw new Fault('bad-parameter', `a connection of kind ${options.provider} needs ${flag(missing)}`)
  }
}

function flag(option: string): string {
  return `--${option.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`
}

function newConnection(alias: string, options: AddOptions, secretAccessKey: string | undefined): NewConnection {
  return {
    alias,
    name: options.name ?? alias,
    provider: options.provider,
    read: options.read,
    write: options.write === true,
    prefix: options.prefix,
    ...(options.buckets !== undefined && { buckets: options.buckets }),
    ...(options.bucket !== undefined && { bucket: options.bucket }),
    ...(options.region !== undefined && { region: options.region }),
    ...(options.endpoint !== undefined && { endpoint: options.endpoint }),
    ...(options.pathStyle !== undefined && { forcePathStyle: options.pathStyle }),
    ...(options.accessKeyId !== undefined && { accessKeyId: options.accessKeyId }),
    ...(secretAccessKey !== undefined && { secretAccessKey }),
    ...(options.path !== undefined && { path: options.path }),
    ...(options.baseUrl !== undefined && { baseUrl: options.baseUrl }),
    ...(options.publicBaseUrl !== undefined && { publicBaseUrl: options.publicBaseUrl }),
  }
}

/** Where a connection leads, in one line. */
function whereabouts({ provider, bucket, prefix, endpoint, path, baseUrl, container }: Connection): string {
  const inside = prefix === '' ? '' : `/${prefix}`
  switch (provider) {
    case 's3':
      return `${bucket ?? '(any bucket)'}${inside}${endpoint === undefined ? '' : ` at ${endpoint}`}`
    case 'folder':
      return `${path ?? ''}${inside}`
    case 'web':
      return `${baseUrl ?? ''}${inside}`
    case 'azure':
      return `${container ?? ''}${inside}`
  }
}

function rights({ read, write }: Connection): string {
  return [...(read ? ['read'] : []), ...(write ? ['write'] : [])].join(', ')
}
