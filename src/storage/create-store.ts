import type { Agents } from './agents.ts'
import { createAzureStore } from './azure/store.ts'
import { createFolderStore } from './folder/store.ts'
import type { ObjectStore, StoreConfig } from './object-store.ts'
import { createS3Store } from './s3/store.ts'
import { createWebStore } from './web/store.ts'

/** Opens the store that a configuration means; nothing is asked of it yet. Throws Fault store-misconfigured. */
export function createStore(config: StoreConfig, deps: { readonly agents: Agents }): ObjectStore {
  switch (config.provider) {
    case 's3':
      return createS3Store(config, deps.agents)
    case 'folder':
      return createFolderStore(config)
    case 'web':
      return createWebStore(config, deps.agents)
    case 'azure':
      return createAzureStore(config, deps.agents)
  }
}
