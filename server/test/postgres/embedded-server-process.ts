// A stand-in for the server in a process of its own, so that tests can kill it: locks a data folder, starts PostgreSQL
// and waits. Arguments: the data folder. Prints one line of JSON when it is ready.
import { pino } from 'pino'
import { lockDataDir } from '../../src/platform/postgres/data-dir-lock.ts'
import { startEmbeddedPostgres } from '../../src/platform/postgres/embedded-postgres.ts'

const [, , dataDir = ''] = process.argv
await lockDataDir(dataDir)
const { superuserUrl, runtimeUrl } = await startEmbeddedPostgres({ dataDir, logger: pino({ level: 'silent' }) })
process.stdout.write(`${JSON.stringify({ superuserUrl, runtimeUrl })}\n`)
setInterval(() => undefined, 60_000)
