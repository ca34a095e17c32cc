import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type AzureSubject, startAzure } from '../../storage/azure/subject.ts'
import { quadrants } from '../../support/pictures.ts'
import { missing } from '../../support/skips.ts'
import { type House, openHouse } from './house.ts'

describe.skipIf(missing('azurite'))('azure_store', () => {
  let azure: AzureSubject
  let house: House
  beforeAll(async () => {
    azure = await startAzure()
    house = await openHouse()
  })
  afterAll(async () => {
    await house?.stop()
    await azure?.stop()
  })

  it('puts the result into the container', async () => {
    const { accountName, accountKey, container, endpoint } = azure.config
    const azure_store = {
      ...{ account: accountName, key: accountKey, container, endpoint },
      path: 'dir/',
      headers: { 'Cache-Control': 'max-age=60' },
      metadata: { key: 'value' },
    }
    const { json } = await house.upload({ wait: true, azure_store }, await quadrants(32, 24, 'jpeg'), 'a.jpg')
    expect(json).toMatchObject({ success: true, kraked_url: `${endpoint}/${container}/dir/a.jpg` })
    const head = await azure.store().head({ key: 'dir/a.jpg' })
    expect(head).toMatchObject({ size: json.kraked_size, contentType: 'image/jpeg', metadata: { key: 'value' } })
  })

  it.each([
    [{ account: null }, 'azure_store: account must be set'],
    [{ container: 'A B' }, 'azure_store: container is not the name of a container'],
  ])('%o is 422', async (more, message) => {
    const { accountName, accountKey, container, endpoint } = azure.config
    const azure_store = { account: accountName, key: accountKey, container, endpoint, ...more }
    const { status, json } = await house.upload({ wait: true, azure_store }, await quadrants(8, 8))
    expect([status, json.message]).toEqual([422, message])
  })

  it('a push that fails is told with the name of the store', async () => {
    const { accountName, endpoint } = azure.config
    const azure_store = { account: accountName, key: 'd3Jvbmc=', container: 'nothing', endpoint }
    const { status, json } = await house.upload({ wait: true, azure_store }, await quadrants(8, 8))
    expect([status, json.message]).toEqual([422, expect.stringMatching(/^Error pushing file to azure/)])
  })
})
