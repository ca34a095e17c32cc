import { Fault, isDiskFull, isFault, systemCode } from '../../faults.ts'

/** Nothing readable of that name: absent, behind a link, a folder, a socket, or a name that the disk cannot hold. */
const ABSENT = new Set(['ENOENT', 'ENOTDIR', 'ELOOP', 'EMLINK', 'EISDIR', 'ENXIO', 'ENAMETOOLONG', 'EINVAL'])

const IN_THE_WAY = new Set(['ENOTDIR', 'EISDIR', 'ENOTEMPTY', 'EEXIST', 'ELOOP', 'EMLINK'])

/** The Fault for an error of the file system. Paths of the machine are not repeated. */
export function folderFault(error: unknown, doing: 'read' | 'write'): Fault {
  if (isFault(error)) return error
  const code = systemCode(error)
  const context = { reason: code }
  if (isDiskFull(error)) return new Fault('disk-full', undefined, { context })
  if (code === 'EACCES' || code === 'EPERM') return new Fault('access-denied', undefined, { context })
  if (doing === 'read') {
    return ABSENT.has(code ?? '')
      ? new Fault('object-missing')
      : new Fault('source-unreachable', undefined, { context, cause: error })
  }
  // `a` is a file and `a/b` is to be written, or the other way round: a bucket could, a disk cannot.
  if (IN_THE_WAY.has(code ?? '')) {
    return new Fault('conflict', 'a file or folder is in the way of this key', { context })
  }
  if (code === 'ENAMETOOLONG' || code === 'EINVAL') return new Fault('key-invalid', undefined, { context })
  return new Fault('store-refused', undefined, { context, cause: error })
}
