/** Tasks as JSON: `[{name, params?}]`, in `b64/` and in the body of `POST /process` (filestack §4.1). */
import type { RawOption, RawTask } from './grammar.ts'
import { malformed, type Value } from './scan.ts'

const DEEPEST = 8
/** Of one request. Every task costs work before anybody is asked whether it may be done. */
const MOST_TASKS = 100

/** Reads a parsed JSON value. Throws Fault bad-parameter. */
export function readTaskList(value: unknown): readonly RawTask[] {
  if (!Array.isArray(value)) throw malformed('the tasks are no list')
  requireFewTasks(value)
  return value.map(readTask)
}

/** Throws Fault bad-parameter for more tasks than a request may have. */
export function requireFewTasks({ length }: readonly unknown[]): void {
  if (length > MOST_TASKS) throw malformed(`there are more than ${MOST_TASKS} tasks`)
}

function readTask(value: unknown): RawTask {
  if (typeof value !== 'object' || value === null || !('name' in value) || typeof value.name !== 'string') {
    throw malformed('a task has no name')
  }
  const { name } = value
  if (!/^[\w-]+$/.test(name)) throw malformed('the name of a task cannot be read')
  const params: unknown = 'params' in value ? value.params : undefined
  return { name, options: readParams(params) }
}

function readParams(params: unknown): readonly RawOption[] {
  if (params === undefined || params === null) return []
  if (typeof params !== 'object' || Array.isArray(params)) return [{ value: readMember(params, 0) }]
  return Object.entries(params).flatMap(([name, member]: [string, unknown]) =>
    member === undefined || member === null ? [] : [{ name, value: readMember(member, 0) }],
  )
}

function readMember(member: unknown, depth: number): Value {
  switch (typeof member) {
    case 'string':
      return member
    case 'number':
    case 'boolean':
      return String(member)
    default:
      // No option here is an object; those of others, like the workflows of `store`, are not looked into.
      if (!Array.isArray(member)) return '{}'
      if (depth >= DEEPEST) throw malformed('a parameter of a task cannot be read')
      return member.map((item: unknown) => readMember(item, depth + 1))
  }
}
