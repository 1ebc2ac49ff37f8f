import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { loadConfig } from '../server/src/config.ts'
import { startDatabase } from '../server/src/database-start.ts'
import { createLogger } from '../server/src/platform/logging.ts'
import { readOrCreateSecretKey } from '../server/src/platform/secret-key.ts'
import { startServer } from '../server/src/server.ts'

/** The product's server as a child of a benchmark: tells its address, and stops when the parent lets go. */
const config = loadConfig(process.env, null)
const logger = createLogger(config.log.level)
const database = await startDatabase(config, logger)
const secretKey = await readOrCreateSecretKey(config.dataDir)
const server = await startServer(config, logger, {
  databaseUrl: database.runtimeUrl,
  secretKey,
  isSoleProcess: database.kind === 'embedded',
})
process.send?.({ url: server.url })
process.on('message', (message) => {
  const { user, system } = process.cpuUsage()
  const heap = message === 'heap' ? { heapKiB: heapKiB() } : {}
  process.send?.({ cpuMs: (user + system) / 1000, rssKiB: process.memoryUsage.rss() / 1024, ...heap })
})
process.on('disconnect', async () => {
  await server.stop(0)
  await database.stop()
})

/** What is reachable: the garbage is collected before. */
function heapKiB(): number {
  setFlagsFromString('--expose-gc')
  runInNewContext('gc')()
  return process.memoryUsage().heapUsed / 1024
}
