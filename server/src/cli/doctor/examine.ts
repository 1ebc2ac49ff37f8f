import type { Config } from '../../config.ts'
import { DatabaseSetupError } from '../../platform/database/database-setup-error.ts'
import { addressOf } from '../../platform/database/database-url.ts'
import { ensureRoles } from '../../platform/database/roles.ts'
import { withSession } from '../../platform/database/session.ts'
import { type DatabaseDescription, describeDatabase } from '../../platform/migrations/describe-database.ts'
import { upgrade } from '../../platform/migrations/runner.ts'
import { appVersion } from '../../version.ts'
import { missingCluster } from '../embedded-cluster.ts'
import { type Logins, withLogins } from '../owner-session.ts'
import { withScratchPostgres } from '../scratch-postgres.ts'
import { filesFindings } from './file-checks.ts'
import { type Finding, ok } from './finding.ts'
import { rolesFinding } from './role-checks.ts'
import {
  driftFinding,
  driftOf,
  indexesFinding,
  migrationsFinding,
  releaseFinding,
  securityFindings,
} from './schema-checks.ts'
import { clockFinding, diskFinding, durabilityFinding, versionFinding } from './server-checks.ts'

/** Looks at the configured database from all sides; what cannot be reached is a finding too. Changes nothing. */
export async function examine(config: Config): Promise<Finding[]> {
  const missing = isEmbedded(config) ? await missingCluster(config.dataDir) : undefined
  if (missing) return [{ check: 'connection', status: 'fail', found: [missing] }]
  try {
    return await withLogins((logins) => examineDatabase(config, logins))
  } catch (error) {
    if (!(error instanceof DatabaseSetupError)) throw error
    const next = 'Is the server up, and are DATABASE_URL and DATABASE_OWNER_URL right?'
    return [{ check: 'connection', status: 'fail', found: [error.message], next }]
  }
}

function isEmbedded({ database }: Config): boolean {
  return database.url === undefined && database.ownerUrl === undefined
}

async function examineDatabase(config: Config, logins: Logins): Promise<Finding[]> {
  const dataDir = isEmbedded(config) ? config.dataDir : undefined
  return withSession(logins.ownerUrl, async (client) => {
    const where = dataDir === undefined ? addressOf(logins.ownerUrl) : `embedded in ${dataDir}`
    const findings = [
      await versionFinding(client, where),
      await migrationsFinding(client),
      await releaseFinding(client, appVersion),
    ]
    const isCurrent = findings[1]?.status === 'ok'
    const expected = isCurrent ? await describeMigrated() : 'compared once the migrations are applied'
    const drift = typeof expected === 'string' ? [] : await driftOf(client, expected)
    findings.push(
      typeof expected === 'string'
        ? { ...ok('schema', `not compared: ${expected}`), status: 'warn' }
        : driftFinding(drift),
      ...(isCurrent ? await securityFindings(client) : []),
      await rolesFinding(client, logins.runtimeUrl),
      await indexesFinding(client, drift),
      await durabilityFinding(client),
      await clockFinding(client),
      await diskFinding(client, dataDir),
      ...(isCurrent ? await filesFindings(client, config) : []),
    )
    return findings
  })
}

/** What the migrations make of an empty database; or why this machine cannot tell. */
async function describeMigrated(): Promise<DatabaseDescription | string> {
  try {
    return await withScratchPostgres(async (create) =>
      withSession(await create(), async (client) => {
        await ensureRoles(client)
        await upgrade(client, { say: () => undefined, appVersion })
        return describeDatabase(client)
      }),
    )
  } catch (error) {
    return `the scratch database for it cannot run here (${error instanceof Error ? error.message : String(error)})`
  }
}
