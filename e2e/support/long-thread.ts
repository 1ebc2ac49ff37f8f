import { randomUUID } from 'node:crypto'
import type { Project } from '@chatbot-platform/contract'
import { withSession } from '../../server/src/platform/database/session.ts'
import type { TestUser } from '../../server/test/support/app.ts'
import type { TestDatabase } from '../../server/test/support/databases.ts'

/** A conversation of `count` messages, `Question 1`, `Answer 2` …, written straight into the database. */
export async function longThread(
  database: TestDatabase,
  user: TestUser,
  project: Project,
  count: number,
): Promise<{ sessionId: string; messageIds: string[] }> {
  const { wid } = JSON.parse(Buffer.from(user.token.split('.')[1] ?? '', 'base64url').toString())
  const sessionId = randomUUID()
  const messageIds = Array.from({ length: count }, () => randomUUID())
  await withSession(database.superuserUrl, async (client) => {
    await client.query(
      'INSERT INTO chat_sessions (workspace_id, id, project_id, next_seq, title) VALUES ($1, $2, $3, $4, $5)',
      [wid, sessionId, project.id, count + 1, 'A long conversation'],
    )
    await client.query(
      `INSERT INTO messages (workspace_id, id, session_id, seq, parent_id, role, content, state)
         SELECT $1, id, $2, n, lag(id) OVER (ORDER BY n), CASE n % 2 WHEN 1 THEN 'user' ELSE 'assistant' END,
           CASE n % 2 WHEN 1 THEN 'Question ' || n ELSE 'Answer ' || n || repeat(' of some length', 40) END, 'complete'
         FROM unnest($3::uuid[]) WITH ORDINALITY AS given (id, n)`,
      [wid, sessionId, messageIds],
    )
    await client.query('UPDATE chat_sessions SET head_message_id = $2 WHERE id = $1', [sessionId, messageIds.at(-1)])
  })
  return { sessionId, messageIds }
}
