import type { Command } from 'commander'
import { Fault } from '../faults.ts'
import { examine, type Finding } from './examine.ts'
import { bucketPolicy, PRINCIPAL } from './policy.ts'
import type { Ports } from './ports.ts'
import { answer, type Common, connectionOf, projectOf, withDesk } from './session.ts'
import { table } from './table.ts'

/** `tintype connection test`: what the connection may do, what is missing, and the policy that would grant it. */
export function addTestCommand(connection: Command, ports: Ports, common: (command: Command) => Command): void {
  common(connection.command('test'))
    .description('try a connection with real requests; says which permission is missing and how to grant it')
    .argument('<alias>')
    .option('--bucket <name>', 'try this bucket instead of the connection’s own')
    .option('--object <key>', 'read this object, which exists, instead of asking for one that does not')
    .option('--principal <arn>', 'the user or role that the printed policy names')
    .addHelpText(
      'after',
      '\nEnds with status 1 when something does not work.\n\nExample:\n  tintype connection test bucket --project shop',
    )
    .action((alias: string, options: Common & { bucket?: string; object?: string; principal?: string }) =>
      withDesk(ports, options, async (desk) => {
        const project = projectOf(desk, options)
        const found = connectionOf(project, alias)
        const bucket = options.bucket ?? found.bucket
        const findings = await examine(await desk.store(project.id, found), found, { bucket, object: options.object })
        const works = findings.every(({ result }) => result === 'ok')
        const lacking = findings.flatMap(({ permission }) => (permission === undefined ? [] : [permission]))
        const policy =
          found.provider === 's3' && bucket !== undefined && lacking.length > 0
            ? bucketPolicy({
                bucket,
                prefix: found.prefix.replace(/^\/+|\/+$/g, ''),
                write: found.write,
                ...(options.principal !== undefined && { principal: options.principal }),
              })
            : undefined
        answer(
          ports,
          options,
          { project: project.id, connection: alias, works, findings, ...(policy && { policy }) },
          () =>
            [
              table(['TRIED', 'RESULT', 'PERMISSION', 'DETAIL'], findings.map(row)),
              ...(policy === undefined
                ? []
                : [
                    '',
                    `Missing or in doubt: ${lacking.join(', ')}. This bucket policy of “${bucket}” grants all that the connection needs:`,
                    '',
                    JSON.stringify(policy, null, 2),
                    ...(options.principal === undefined
                      ? ['', `Put your own user or role in place of ${PRINCIPAL}, or name it with --principal.`]
                      : []),
                  ]),
            ].join('\n'),
        )
        if (!works) throw new Fault('access-denied', `the connection “${alias}” does not work as it should`)
      }),
    )
}

function row({ what, result, permission, detail }: Finding): readonly string[] {
  return [what, result, permission ?? '', detail]
}
