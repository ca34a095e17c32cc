import { missing } from '../../support/skips.ts'
import { storeContract } from '../contract.ts'
import { startAzure } from './subject.ts'

storeContract(
  'azure',
  async () => {
    const azure = await startAzure()
    return {
      store: azure.store(),
      otherBucket: await azure.createContainer('other'),
      refuses: ['back\\slash.png'],
      listsByCodeUnits: true,
      // Azure asks for the kind of blob, and answers as its own API does.
      signedPut: { headers: { 'x-ms-blob-type': 'BlockBlob' }, status: 201 },
      stop: azure.stop,
    }
  },
  missing('azurite'),
)
