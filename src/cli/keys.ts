import { type Command, Option } from 'commander'
import type { DialectName } from '../catalog/model.ts'
import type { Ports } from './ports.ts'
import { answer, answerList, type Common, projectOf, withDesk } from './session.ts'

const DIALECTS: readonly DialectName[] = ['pixboost', 'imagekit', 'kraken', 'compressor', 'filestack']

/** `tintype key add | list | remove`. `common` gives a command the options that all of them share. */
export function addKeyCommands(program: Command, ports: Ports, common: (command: Command) => Command): void {
  const key = program.command('key').description('API keys: a public key names the project, its secret manages it')

  common(key.command('add'))
    .description('make a key pair and show its secret, once; a project that does not exist yet is made too')
    .option('--label <text>', 'what the key is for', 'Key')
    .option(
      '--allow-host <host...>',
      'hosts whose pictures may be asked for by URL; .example.org means every sub-domain',
      [],
    )
    .addOption(new Option('--dialect <name...>', 'only for these APIs').choices(DIALECTS).default([], 'all'))
    .addHelpText(
      'after',
      '\nExample:\n  tintype key add --project shop --label "Web site" --allow-host i.example.com .example.org',
    )
    .action((options: Common & { label: string; allowHost: string[]; dialect: DialectName[] }) =>
      withDesk(ports, options, async (desk) => {
        const { project: wanted } = options
        if (wanted !== undefined && !desk.projects().some(({ id }) => id === wanted)) {
          await desk.addProject(wanted)
          ports.terminal.err(`Project “${wanted}” made.\n`)
        }
        const project = projectOf(desk, options)
        const made = await desk.addKey(project.id, {
          label: options.label,
          allowedHosts: options.allowHost,
          dialects: options.dialect,
        })
        answer(ports, options, { project: project.id, ...made.key, secret: made.secret }, () =>
          [
            `Public key  ${made.key.publicKey}`,
            `Secret      ${made.secret}`,
            '',
            'The secret is shown this once and kept sealed. The public key may stand in pages.',
          ].join('\n'),
        )
      }),
    )

  common(key.command('list'))
    .description('the key pairs of a project, without their secrets')
    .action((options: Common) =>
      withDesk(ports, options, async (desk) => {
        const project = projectOf(desk, options)
        answerList(ports, options, project.keys, {
          heading: ['PUBLIC KEY', 'LABEL', 'HOSTS', 'APIS', 'FROM'],
          row: (item) => [
            item.publicKey,
            item.label,
            item.allowedHosts.join(' '),
            item.dialects.length === 0 ? 'all' : item.dialects.join(' '),
            item.declared ? 'file' : 'catalog',
          ],
          empty: `Project “${project.id}” has no keys: make one with \`${ports.terminal.program} key add\`.`,
        })
      }),
    )

  common(key.command('remove'))
    .description('delete a key pair; requests with it fail at once')
    .argument('<public-key>')
    .action((publicKey: string, options: Common) =>
      withDesk(ports, options, async (desk) => {
        const project = projectOf(desk, options)
        await desk.removeKey(project.id, publicKey)
        answer(ports, options, { project: project.id, removed: publicKey }, () => `Key ${publicKey} removed.`)
      }),
    )
}
