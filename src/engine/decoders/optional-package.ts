import { Fault, systemCode } from '../../faults.ts'
import type { SourceFormat } from '../../plan/plan.ts'

/** Loads an optional package. Fault unsupported, naming format and package, when it is not installed. */
export async function optionalPackage<T>(format: SourceFormat, name: string, load: () => T | Promise<T>): Promise<T> {
  try {
    return await load()
  } catch (error) {
    if (!isMissing(error)) throw error
    throw new Fault('unsupported', `${format} files need the package ${name}, which is not installed`, {
      context: { format, package: name },
      cause: error,
    })
  }
}

const MISSING = ['ERR_MODULE_NOT_FOUND', 'MODULE_NOT_FOUND', 'ENOENT']

function isMissing(error: unknown): boolean {
  return MISSING.includes(systemCode(error) ?? '')
}
