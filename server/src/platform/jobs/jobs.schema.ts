import { getConstructionPlans } from 'pg-boss'
import { jobsSchema, type Programmable, runtimeRole } from '../database/programmable.ts'

const functions = ['job_now()', 'create_queue(text, jsonb)']

/** What the login that serves may do with the tables that it touches; it changes no structure. */
const grants: Record<string, string> = {
  'job, pgboss.job_common': 'SELECT, INSERT, UPDATE, DELETE',
  queue: 'SELECT, INSERT, UPDATE',
  schedule: 'SELECT, INSERT, UPDATE, DELETE',
  version: 'SELECT, UPDATE',
  // Looked through by its maintenance; we put nothing in.
  job_dependency: 'SELECT, UPDATE, DELETE',
  instance: 'SELECT, UPDATE, DELETE',
}

/**
 * pg-boss's own schema, and the rights of the runtime role in it. Jobs belong to no tenant as far as the database knows,
 * so no policy guards them: they hold ids, and whoever works one reads the rows under the tenant's policies. When pg-boss
 * changes its schema, `npm run check` asks for a migration; what it generates would throw the jobs away, so put the
 * statements of pg-boss's `getMigrationPlans` there instead.
 */
export const jobRules: Programmable[] = [
  { name: `schema ${jobsSchema}`, up: construction(), down: `DROP SCHEMA ${jobsSchema} CASCADE;` },
  {
    name: `grant schema ${jobsSchema}`,
    up: [
      `GRANT USAGE ON SCHEMA ${jobsSchema} TO ${runtimeRole};`,
      ...Object.entries(grants).map(
        ([tables, rights]) => `GRANT ${rights} ON ${jobsSchema}.${tables} TO ${runtimeRole};`,
      ),
      `REVOKE ALL ON ALL FUNCTIONS IN SCHEMA ${jobsSchema} FROM PUBLIC;`,
      ...functions.map((signature) => `GRANT EXECUTE ON FUNCTION ${jobsSchema}.${signature} TO ${runtimeRole};`),
    ].join('\n'),
    down: [
      `REVOKE ALL ON ALL FUNCTIONS IN SCHEMA ${jobsSchema} FROM ${runtimeRole};`,
      `GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA ${jobsSchema} TO PUBLIC;`,
      `REVOKE ALL ON ALL TABLES IN SCHEMA ${jobsSchema} FROM ${runtimeRole};`,
      `REVOKE USAGE ON SCHEMA ${jobsSchema} FROM ${runtimeRole};`,
    ].join('\n'),
  },
]

/**
 * The statements by which pg-boss installs itself, without its own transaction and locks, as a migration brings both, and
 * without the first partitions of statistics that we do not keep, whose names would hold today's date.
 */
function construction(): string {
  const plan = getConstructionPlans(jobsSchema)
  const begin = plan.indexOf(`CREATE SCHEMA IF NOT EXISTS ${jobsSchema};`)
  const end = plan.lastIndexOf('COMMIT;')
  const partitions = /\n\s*DO \$\$(?:(?!\$\$)[\s\S])*queue_stats_(?:(?!\$\$)[\s\S])*\$\$\n/
  if (begin < 0 || end < 0 || !partitions.test(plan)) throw new Error('pg-boss has changed how it installs itself.')
  return plan
    .slice(begin, end)
    .replace('CREATE SCHEMA IF NOT EXISTS', 'CREATE SCHEMA')
    .replace(partitions, '\n')
    .replace(/\s+;/g, ';')
    .replace(/;{2,}/g, ';')
    .replace(/\n\s*\n/g, '\n')
    .trim()
}
