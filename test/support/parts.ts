import { accessSync, constants, existsSync, readdirSync } from 'node:fs'
import { homedir } from 'node:os'
import { delimiter, join } from 'node:path'

/** A real program that some tests run against. */
export type Part = {
  readonly name: string
  /** What the tests do with it. */
  readonly purpose: string
  /** One shell command that puts it in place on Debian and Ubuntu. */
  readonly enable: string
  /** Path of the program, undefined when it is not there. Looks at the machine anew on every call. */
  find(): string | undefined
}

export type PartName = 'versitygw' | 'postgres' | 'azurite' | 'krakenio' | 'filestack' | 'chromium'

/** Where the Python client lies, for PYTHONPATH. */
export const KRAKENIO = join(homedir(), '.cache', 'tintype-krakenio')

/** Where Filestack's clients lie. */
export const FILESTACK_CLIENTS = join(homedir(), '.cache', 'tintype-filestack', 'node_modules')

/** Every real part that tests use. `npm test` installs them with CI=true; elsewhere tests without them are skipped aloud. */
export const PARTS: Readonly<Record<PartName, Part>> = {
  versitygw: {
    name: 'versitygw',
    purpose: 'a real S3 server',
    enable: 'go install github.com/versity/versitygw/cmd/versitygw@v1.8.0',
    find: () =>
      findProgram('versitygw', [process.env.GOBIN ?? '', join(process.env.GOPATH ?? join(homedir(), 'go'), 'bin')]),
  },
  postgres: {
    name: 'postgres',
    purpose: 'a real PostgreSQL server',
    enable: 'apt-get install -y --no-install-recommends postgresql',
    find: () => findProgram('initdb', postgresFolders()),
  },
  azurite: {
    name: 'azurite',
    purpose: 'an Azure Blob server',
    // Not a package of this project: its dependencies would be half of everything installed.
    enable: 'npm install --prefix ~/.cache/tintype-azurite --ignore-scripts --no-audit --no-fund azurite@3.35.0',
    find: () => findProgram('azurite-blob', [join(homedir(), '.cache', 'tintype-azurite', 'node_modules', '.bin')]),
  },
  krakenio: {
    name: 'krakenio',
    purpose: 'Kraken’s Python client; needs python3 with pip',
    // Wheels only: nothing of a package runs while it is installed.
    enable:
      'python3 -m pip install --quiet --only-binary :all: --upgrade --target ~/.cache/tintype-krakenio krakenio==0.2.0',
    find: () => (existsSync(join(KRAKENIO, 'krakenio', '__init__.py')) ? findProgram('python3') : undefined),
  },
  filestack: {
    name: 'filestack-js and node-filepicker',
    purpose: 'Filestack’s clients',
    enable:
      'npm install --prefix ~/.cache/tintype-filestack --ignore-scripts --no-audit --no-fund filestack-js@4.3.8 node-filepicker@0.1.2',
    find: () => {
      const found = ['filestack-js', 'node-filepicker'].map((name) => join(FILESTACK_CLIENTS, name, 'package.json'))
      return found.every((file) => existsSync(file)) ? FILESTACK_CLIENTS : undefined
    },
  },
  chromium: {
    name: 'chromium',
    purpose: 'a real browser',
    enable: 'apt-get install -y --no-install-recommends chromium',
    find: () => findProgram('chromium'),
  },
}

/** Path of an executable file on the PATH or in one of the further folders. */
export function findProgram(name: string, folders: readonly string[] = []): string | undefined {
  const places = [...(process.env.PATH ?? '').split(delimiter), ...folders].filter((folder) => folder !== '')
  return places.map((folder) => join(folder, name)).find(isExecutable)
}

/** Debian keeps the server's programs off the PATH, one folder per version; the newest comes first. */
function postgresFolders(): readonly string[] {
  const base = '/usr/lib/postgresql'
  try {
    return readdirSync(base)
      .sort((a, b) => Number(b) - Number(a))
      .map((version) => join(base, version, 'bin'))
  } catch {
    return []
  }
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}
