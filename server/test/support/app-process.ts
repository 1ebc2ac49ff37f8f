// The server in a process of its own, so that a test can stop, kill or weigh it. The one argument is the database's URL,
// the environment holds the settings. Tells its address once it listens, and its peak memory when it is asked.
import { pino } from 'pino'
import { loadConfig } from '../../src/config.ts'
import { startServer } from '../../src/server.ts'

const [, , databaseUrl = ''] = process.argv
const server = await startServer(loadConfig(process.env, null), pino({ level: 'silent' }), {
  databaseUrl,
  secretKey: 'a key for tests that has forty-two characters',
  passwordCost: 4,
})
process.on('message', () => process.send?.({ peakKiB: process.resourceUsage().maxRSS }))
process.on('disconnect', () => process.exit())
process.send?.({ url: server.url })
