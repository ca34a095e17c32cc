import { noS3Server } from '../../support/versitygw.ts'
import { storeContract } from '../contract.ts'
import { startS3 } from './subject.ts'

storeContract(
  's3',
  async () => {
    const s3 = await startS3()
    return { store: s3.store(), otherBucket: await s3.server.createBucket('other'), stop: s3.stop }
  },
  noS3Server(),
)
