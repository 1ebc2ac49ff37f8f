import { setTimeout as sleep } from 'node:timers/promises'
import { pino } from 'pino'
import { expect, test } from 'vitest'
import { createSearchIndexer } from '../../src/modules/search/search-indexer.service.ts'
import { openDatabase } from '../../src/platform/database/database.ts'
import { createTestDatabase } from '../support/databases.ts'

test('the lag of the search index grows until a batch takes all that is waiting', async () => {
  const database = await createTestDatabase()
  const logger = pino({ level: 'silent' })
  const db = openDatabase({ url: database.runtimeUrl, poolSize: 2, logger })
  const indexer = createSearchIndexer({ db, logger })
  await sleep(200)
  expect(indexer.lagMs()).toBeGreaterThanOrEqual(190)
  await indexer.indexBatch()
  expect(indexer.lagMs()).toBeLessThan(100)
  await db.close()
  await sleep(200)
  await expect(indexer.indexBatch()).rejects.toThrow()
  expect(indexer.lagMs()).toBeGreaterThanOrEqual(190)
  await database.drop()
})
