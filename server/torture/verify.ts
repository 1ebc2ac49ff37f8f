import type { Message } from '@chatbot-platform/contract'
import type pg from 'pg'
import { withSession } from '../src/platform/database/session.ts'
import { piecesOf } from './answers.ts'
import type { Entry } from './ledger.ts'
import type { Load, PathMark } from './load.ts'
import { brokenTrees, repeatedAnswers, type TreeMessage, type TreeSession } from './verify-tree.ts'

interface Row extends TreeMessage {
  finish_reason: string | null
  error_code: string | null
}

/** An answer may be under way this long: its lease, two rounds of the reaper, and the longest answer of the load. */
const settleSeconds = 30

/** Compares the database with the ledger, and with what must always hold. Returns what is wrong, as sentences. */
export async function verify(
  superuserUrl: string,
  entries: Entry[],
  { sentRevisions, requests, paths }: Pick<Load, 'sentRevisions' | 'requests' | 'paths'>,
): Promise<string[]> {
  const marksBefore = new Map(paths)
  return withSession(superuserUrl, async (client) => {
    // Everything as of one moment, while the load goes on.
    await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY')
    const rows = await select<Row>(
      client,
      `SELECT id, session_id, parent_id, seq, role, content, state, finish_reason, error_code, forked FROM messages`,
    )
    const sessions = await select<TreeSession>(client, 'SELECT id, head_message_id, branched FROM chat_sessions')
    const messages = new Map(rows.map((row) => [row.id, row]))
    return [
      ...entries.flatMap((entry) => missingMessage(entry, messages)),
      ...rows.flatMap((row) => brokenAnswer(row, messages)),
      ...duplicates(rows),
      ...repeatedAnswers(messages, requests),
      ...halfTurns(rows),
      ...gaps(rows),
      ...brokenTrees(sessions, messages, steadyMarks(marksBefore, paths)),
      ...(await lostSettings(client, entries, sentRevisions)),
      ...(await misbooked(client)),
      ...(await stuck(client)),
    ]
  })
}

/** The marks of paths that nobody has moved meanwhile. */
function steadyMarks(before: Load['paths'], after: Load['paths']): Map<string, PathMark> {
  const marks = new Map<string, PathMark>()
  for (const [sessionId, mark] of before) if (mark !== null && after.get(sessionId) === mark) marks.set(sessionId, mark)
  return marks
}

/** Answers that are still under way. */
export async function unfinished(superuserUrl: string): Promise<number> {
  return withSession(superuserUrl, async (client) => {
    const rows = await select(client, `SELECT id FROM messages WHERE state IN ('pending', 'streaming')`)
    return rows.length
  })
}

async function select<R extends pg.QueryResultRow>(client: pg.Client, sql: string): Promise<R[]> {
  return (await client.query<R>(sql)).rows
}

/** An acknowledged question or end of an answer that is gone or reads otherwise. */
function missingMessage(entry: Entry, messages: Map<string, Row>): string[] {
  if (entry.kind === 'asked') {
    const answer = messages.get(entry.answerId)
    const problems = difference(entry.question, messages.get(entry.question.id))
    return answer ? problems : [...problems, `answer ${entry.answerId} is lost`]
  }
  return entry.kind === 'ended' ? difference(entry.answer, messages.get(entry.answer.id)) : []
}

function difference(told: Message, row: Row | undefined): string[] {
  if (!row) return [`${told.role} message ${told.id} is lost`]
  const now = { ...row, chat_session_id: row.session_id }
  const fields = [
    'chat_session_id',
    'parent_id',
    'seq',
    'role',
    'content',
    'state',
    'finish_reason',
    'error_code',
  ] as const
  const changed = fields.filter((field) => told[field] !== now[field])
  if (changed.length === 0) return []
  return [`${told.role} message ${told.id} (told as ${told.state}, now ${row.state}) differs in ${changed.join(', ')}`]
}

/** A whole answer is what the upstream says to its question; any other is a beginning of it. */
function brokenAnswer(row: Row, messages: Map<string, Row>): string[] {
  const question = messages.get(row.parent_id ?? '')
  if (row.role !== 'assistant' || !question) return []
  const whole = piecesOf(question.content).join('')
  const isRight = row.state === 'complete' ? row.content === whole : whole.startsWith(row.content)
  return isRight ? [] : [`answer ${row.id} (${row.state}) holds a text that was never sent`]
}

/** Every question of the load is unique, so a second one came from a request that ran twice. */
function duplicates(rows: Row[]): string[] {
  const asked = Map.groupBy(
    rows.filter(({ role }) => role === 'user'),
    ({ content }) => content,
  )
  return [...asked].filter(([, same]) => same.length > 1).map(([content]) => `“${content}” is stored more than once`)
}

/** A question without an answer's row, or the other way round. */
function halfTurns(rows: Row[]): string[] {
  const answered = new Set(rows.filter(({ role }) => role === 'assistant').map((row) => row.parent_id))
  const questions = new Set(rows.filter(({ role }) => role === 'user').map((row) => row.id))
  return rows.flatMap((row) => {
    if (row.role === 'user') return answered.has(row.id) ? [] : [`question ${row.id} has no answer`]
    return questions.has(row.parent_id ?? '') ? [] : [`answer ${row.id} has no question`]
  })
}

/** Positions of a session count from 1 without a gap. */
function gaps(rows: Row[]): string[] {
  const sessions = Map.groupBy(rows, (row) => row.session_id)
  return [...sessions]
    .filter(([, own]) => new Set(own.map(({ seq }) => seq)).size !== own.length || highest(own) !== own.length)
    .map(([id]) => `the positions of session ${id} have a gap`)
}

function highest(rows: Row[]): number {
  return rows.reduce((most, { seq }) => Math.max(most, seq), 0)
}

async function lostSettings(
  client: pg.Client,
  entries: Entry[],
  sentRevisions: ReadonlyMap<string, number>,
): Promise<string[]> {
  const projects = await select<{ id: string; description: string | null }>(
    client,
    'SELECT id, description FROM projects',
  )
  const prompts = await select<{ id: string; content: string }>(client, 'SELECT id, content FROM prompts')
  const revisions = new Map(projects.map(({ id, description }) => [id, Number(description?.match(/\d+/)?.[0] ?? 0)]))
  const contents = new Map(prompts.map(({ id, content }) => [id, content]))
  const lost = entries.flatMap((entry) => {
    if (entry.kind === 'project' && (revisions.get(entry.id) ?? -1) < entry.revision)
      return [`project ${entry.id} has lost its revision ${entry.revision}`]
    if (entry.kind === 'prompt' && contents.get(entry.id) !== entry.content) return [`prompt ${entry.id} is lost`]
    return []
  })
  const invented = [...revisions].filter(([id, revision]) => revision > (sentRevisions.get(id) ?? 0))
  const twice = prompts.length - new Set(contents.values()).size
  return [
    ...lost,
    ...invented.map(([id]) => `project ${id} has a revision nobody sent`),
    ...(twice > 0 ? [`${twice} prompts are stored more than once`] : []),
  ]
}

/** A run is in the usage ledger once it has ended, however it ended; its id is the answer's, so it cannot be there twice. */
async function misbooked(client: pg.Client): Promise<string[]> {
  const rows = await select<{ id: string; state: string }>(
    client,
    `SELECT m.id, m.state FROM messages m LEFT JOIN usage_events u ON u.workspace_id = m.workspace_id AND u.id = m.id
      WHERE m.role = 'assistant'
        AND u.state IS DISTINCT FROM CASE WHEN m.state IN ('pending', 'streaming') THEN NULL ELSE m.state END`,
  )
  return rows.map(({ id, state }) => `answer ${id} is ${state}, and the usage ledger does not say so`)
}

async function stuck(client: pg.Client): Promise<string[]> {
  const rows = await select<{ id: string; state: string }>(
    client,
    `SELECT id, state FROM messages
      WHERE state IN ('pending', 'streaming') AND created_at < now() - interval '${settleSeconds} seconds'`,
  )
  return rows.map(({ id, state }) => `answer ${id} is ${state} after more than ${settleSeconds} s`)
}
