// A process that restores a backup over a database and is gone, as by `kill -9`, before the line that it would say then.
// The arguments are the owner's URL, the backup, the folder of migrations, and how many lines it may say.
import { archiveSource, verifyArchive } from '../../src/platform/backup/archive-reader.ts'
import { fillDatabase } from '../../src/platform/backup/fill-database.ts'
import { withSession } from '../../src/platform/database/session.ts'

const [, , ownerUrl = '', path = '', migrationsDir = '', lines = ''] = process.argv
let left = Number(lines)

function say(line: string): void {
  if (left === 0) process.kill(process.pid, 'SIGKILL')
  left -= 1
  process.send?.(line)
}

const archive = await verifyArchive(path)
const runner = { say, appVersion: '0.1.0', migrationsDir }
const options = { runner, say, replace: true, expected: archive.manifest.tables }
await withSession(ownerUrl, (client) => fillDatabase(client, archiveSource(archive), options))
