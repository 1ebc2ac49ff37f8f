import type pg from 'pg'
import { withSession } from '../../src/platform/database/session.ts'
import type { TestApp } from '../support/app.ts'
import { tenantTables } from './rows.ts'

/**
 * A mistake as somebody could make it: statements that lose their condition on the workspace, statements that are run in
 * another workspace, or a function of the database with other words in place of the right ones.
 */
export type Bug = { name: string } & (
  | { forgets: RegExp[] }
  | { swaps: RegExp }
  | { misspells: string; parts: [from: string, to: string][] }
)

const beginTurn = 'begin_turn(jsonb)'
const projectCheck = /^select "(id|active_prompt_id)" from "projects"|^SELECT 1 FROM projects/

export const bugs: Bug[] = [
  { name: 'a project is read by its id alone', forgets: [/^select "workspace_id".+ from "projects"(?!.*order by)/s] },
  { name: 'all projects are listed', forgets: [/^select .+ from "projects".+order by/s] },
  { name: 'a project is changed by its id alone', forgets: [/^update "projects" set "name"/] },
  { name: 'a project is deleted by its id alone', forgets: [/^delete from "projects"/] },
  { name: 'a prompt is read by its id alone', forgets: [projectCheck, /^select .+ from "prompts"(?!.*order by)/s] },
  { name: 'the prompts of any project are listed', forgets: [projectCheck, /^select .+ from "prompts".+order by/s] },
  { name: 'a prompt is added to any project', forgets: [/^update "projects" set "next_prompt_version"/] },
  {
    name: 'a session is read by its id alone',
    forgets: [/^select "workspace_id".+ from "chat_sessions"(?!.*order by)/s],
  },
  {
    name: 'the sessions of any project are listed',
    forgets: [projectCheck, /^select .+ from "chat_sessions".+order by/s],
  },
  { name: 'a session is renamed by its id alone', forgets: [/^update "chat_sessions" set "title"/] },
  { name: 'a session is deleted by its id alone', forgets: [/^delete from "chat_sessions"/] },
  { name: 'a message is read by its id alone', forgets: [/^select "?messages"?.+"messages"."id" = \$/s] },
  { name: 'the message to rate is looked up by its id alone', forgets: [/^select "id" from "messages".+"role" = /s] },
  { name: 'a document is read by its id alone', forgets: [/^select "workspace_id".+ from "files"(?!.*order by)/s] },
  { name: 'the documents of any project are listed', forgets: [projectCheck, /^select .+ from "files".+order by/s] },
  { name: 'a document is deleted by its id alone', forgets: [/^delete from "files"/] },
  { name: 'a document is read anew by its id alone', forgets: [/^update "files" set "state"/] },
  { name: 'usage is summed over all workspaces', forgets: [/^WITH named/] },
  { name: 'the whole audit log is listed', forgets: [/^select .+ from "audit_events"/s] },
  { name: 'the budget of any project is read', forgets: [projectCheck, /^select .+ from "budgets"/s] },
  { name: 'projects are listed in the scope of another', swaps: /^select .+ from "projects".+order by/s },
  { name: 'usage is summed in the scope of another', swaps: /^WITH named/ },
  { name: 'the audit log is read in the scope of another', swaps: /^select .+ from "audit_events"/s },
  {
    name: 'a turn begins in any project',
    misspells: beginTurn,
    parts: [['WHERE b.workspace_id = v_workspace AND b.id = v_project', 'WHERE b.id = v_project']],
  },
  {
    name: 'a turn goes on in any session',
    misspells: beginTurn,
    parts: [
      ['WHERE b.workspace_id = v_workspace AND b.id = v_project', 'WHERE b.id = v_project'],
      ['WHERE s.workspace_id = v_workspace AND s.id = v_session', 'WHERE s.id = v_session'],
    ],
  },
  {
    name: 'a turn is opened by any prompt',
    misspells: beginTurn,
    parts: [['r.workspace_id = b.workspace_id AND r.project_id = b.id\n      AND r.id', 'r.id']],
  },
  {
    name: 'an answer is written beside any message',
    misspells: beginTurn,
    parts: [['WHERE m.workspace_id = v_workspace AND m.id = v_target', 'WHERE m.id = v_target']],
  },
]

/** Takes the database's own wall away, so that what the application forgets is not made good by it. */
export async function dropSecondWall({ database }: TestApp): Promise<void> {
  await withSession(database.superuserUrl, async (client) => {
    for (const table of tenantTables) await client.query(`ALTER TABLE ${table} DISABLE ROW LEVEL SECURITY`)
  })
}

export interface Saboteur {
  /** Puts the bug in, for `work`; `victim` is the workspace that swapped scopes end in. Tells how often it was met. */
  withBug(bug: Bug, victim: string, work: () => Promise<void>): Promise<void>
}

/** Stands between the application and its database, and spoils statements on their way. */
export function sabotage(app: TestApp): Saboteur {
  let spoil: (query: Statement) => Statement = unspoiled
  const wrapped = new WeakSet<pg.PoolClient>()
  app.server.deps.db.pool.on('acquire', (client) => {
    if (wrapped.has(client)) return
    wrapped.add(client)
    const send = client.query.bind(client) as (...query: unknown[]) => unknown
    // Values come in the statement or beside it.
    const query = (given: unknown, values: unknown, ...rest: unknown[]) => {
      if (!isStatement(given)) return send(given, values, ...rest)
      const isBeside = Array.isArray(values)
      const statement = spoil(isBeside ? { ...given, values } : given)
      return isBeside ? send(statement, statement.values, ...rest) : send(statement, values, ...rest)
    }
    Object.assign(client, { query })
  })
  return {
    async withBug(bug, victim, work) {
      if ('misspells' in bug) return withFunction(app, bug.misspells, bug.parts, work)
      spoil = 'swaps' in bug ? (query) => swapped(query, bug.swaps, victim) : (query) => forgetful(query, bug.forgets)
      try {
        await work()
      } finally {
        spoil = unspoiled
      }
    },
  }
}

interface Statement {
  text: string
  values?: unknown[]
  name?: string
}

const unspoiled = (query: Statement): Statement => query

const isStatement = (given: unknown): given is Statement =>
  typeof given === 'object' && given !== null && 'text' in given && typeof given.text === 'string'

const condition = /(?:"?\w+"?\.)?"?workspace_id"? = \$(\d+)/g

/** The condition holds for every workspace; its value is still sent, as the statement counts its values. */
function forgetful(query: Statement, statements: RegExp[]): Statement {
  if (!statements.some((statement) => statement.test(query.text))) return query
  return renamed(query, { text: query.text.replaceAll(condition, '$$$1::uuid IS NOT NULL') })
}

function swapped(query: Statement, statement: RegExp, victim: string): Statement {
  if (!statement.test(query.text)) return query
  const places = [...query.text.matchAll(condition)].map(([, place]) => Number(place) - 1)
  const values = query.values?.map((value, index) => (places.includes(index) ? victim : value)) ?? []
  return renamed(query, { values })
}

/** Without its name, under which the right statement may have been prepared. */
function renamed({ name: _, ...query }: Statement, change: Partial<Statement>): Statement {
  return { ...query, ...change }
}

async function withFunction(app: TestApp, signature: string, parts: [string, string][], work: () => Promise<void>) {
  await withSession(app.database.superuserUrl, async (client) => {
    const { rows } = await client.query('SELECT pg_get_functiondef($1::regprocedure) AS text', [signature])
    const right: string = rows[0].text
    const missing = parts.filter(([from]) => !right.includes(from))
    if (missing.length > 0) throw new Error(`${signature} has no "${missing[0]?.[0]}"`)
    await client.query(parts.reduce((text, [from, to]) => text.replace(from, to), right))
    try {
      await work()
    } finally {
      await client.query(right)
    }
  })
}
