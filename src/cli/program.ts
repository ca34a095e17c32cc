import { Command, CommanderError } from 'commander'
import { Fault } from '../faults.ts'
import { addConnectionCommands } from './connections.ts'
import { addKeyCommands } from './keys.ts'
import { addOptimizeCommand, Interrupted } from './optimize.ts'
import type { Ports } from './ports.ts'

/** The command line of Tintype. It parses, asks the ports and prints; it holds no knowledge of its own. */
export function buildProgram(ports: Ports): Command {
  const { terminal } = ports
  const program = new Command('tintype')
    .description('One self-hosted image server over your own buckets, behind the APIs people already use.')
    .version(ports.version)
    .exitOverride()
    .configureOutput({ writeOut: terminal.out, writeErr: terminal.err })
    .showHelpAfterError('(tintype --help says more)')
    .addHelpText(
      'after',
      `
Examples:
  tintype serve                                        the server, on http://127.0.0.1:8080 unless configured otherwise
  tintype key add --project shop                       a key pair for a project
  tintype connection add bucket --bucket my-pictures   a bucket to read from
  tintype connection test bucket                       is everything permitted that is needed?
  tintype optimize ./pictures --dry-run                what would pictures save?

Status: 0 done, 1 refused or failed, 2 wrong usage, 130 interrupted.`,
    )

  const config = (command: Command) =>
    command.option(
      '-c, --config <file>',
      'configuration file (default: TINTYPE_CONFIG, else ./tintype.yaml when present)',
    )
  const common = (command: Command) =>
    config(command)
      .option('-p, --project <id>', 'the project; may be left out when there is only one')
      .option('--json', 'print JSON for programs')

  config(program.command('serve'))
    .description('run the server until it gets SIGTERM or SIGINT')
    .action((options: { config?: string }) => ports.serve(options))
  addKeyCommands(program, ports, common)
  addConnectionCommands(program, ports, common)
  addOptimizeCommand(program, ports, common)
  return program
}

/**
 * Runs a command line (`argv` without node and script) and returns the exit status: 0 done, 1 a Fault, 2 wrong usage,
 * 130 interrupted.
 * Errors that are no Fault go on to the caller.
 */
export async function runProgram(ports: Ports, argv: readonly string[]): Promise<number> {
  try {
    await buildProgram(ports).parseAsync([...argv], { from: 'user' })
    return 0
  } catch (error) {
    // Help and version end in an "error" of status 0; commander has printed the others already.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2
    if (!(error instanceof Fault || error instanceof Interrupted)) throw error
    ports.terminal.err(`${error.message}\n`)
    return error instanceof Fault ? 1 : 130
  }
}
