import { createClient } from '@chatbot-platform/client'
import { contract } from '@chatbot-platform/contract'
import type pg from 'pg'
import { v7 } from 'uuid'
import type { TestUser } from '../server/test/support/app.ts'

export interface WebSeed {
  user: TestUser
  projectId: string
  /** A conversation of many messages. */
  longSessionId: string
  /** How its last message ends. */
  longEnd: string
  /** A conversation of a question and an answer in plain words. */
  shortSessionId: string
}

/** What an answer looks like: prose, a list, code and a table. */
export const answerText = `Opening hours depend on the **season**. In short:

- Monday to Friday from 9 to 18
- Saturday from 10 to 16, see [the calendar](https://example.com/calendar)

\`\`\`ts
const isOpen = (day: number, hour: number) => day < 6 && hour >= 9 && hour < 18
\`\`\`

| Season | From | To |
| --- | --- | --- |
| Summer | 8:00 | 20:00 |
| Winter | 9:00 | 18:00 |

Ask again with a date, and the answer will be exact to the minute.

`

export const longTitle = 'A conversation of many messages'

/** A user with a bot and two conversations, one of `count` messages, written straight into the database. */
export async function seed(server: string, admin: pg.Client, count: number): Promise<WebSeed> {
  const anonymous = createClient({ baseUrl: server })
  const [email, password] = ['web-bench@example.com', 'a password for the bench']
  await anonymous.call(contract.auth.register, { body: { email, password } })
  const { access_token: token } = await anonymous.call(contract.auth.login, { body: { username: email, password } })
  const client = createClient({ baseUrl: server, token })
  const { id: projectId } = await client.call(contract.projects.create, { body: { name: 'Bench' } })
  const claims = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString())
  const insert = (session: Conversation) => insertConversation(admin, claims.wid, projectId, session)
  const shortSessionId = await insert({ title: 'A question', count: 2, answer: 'From **nine** to five.' })
  const longSessionId = await insert({ title: longTitle, count, answer: answerText })
  await admin.query('ANALYZE')
  const user = { email, password, token, client }
  return { user, projectId, longSessionId, longEnd: endOf(count), shortSessionId }
}

/** How the last of `count` messages ends. */
export function endOf(count: number): string {
  return `End of message ${count}.`
}

interface Conversation {
  title: string
  /** How many messages: a question and an answer in turn. */
  count: number
  answer: string
}

async function insertConversation(
  admin: pg.Client,
  workspaceId: string,
  projectId: string,
  { title, count, answer }: Conversation,
): Promise<string> {
  const id = v7()
  await admin.query(
    'INSERT INTO chat_sessions (workspace_id, id, project_id, next_seq, title) VALUES ($1, $2, $3, $4, $5)',
    [workspaceId, id, projectId, count + 1, title],
  )
  await admin.query(
    `INSERT INTO messages (workspace_id, id, session_id, seq, role, content, state)
       SELECT $1, gen_random_uuid(), $2, n, CASE n % 2 WHEN 1 THEN 'user' ELSE 'assistant' END,
         CASE n % 2 WHEN 1 THEN 'When are you open?' ELSE $4 END || ' End of message ' || n || '.', 'complete'
       FROM generate_series(1, $3::int) AS n`,
    [workspaceId, id, count, answer],
  )
  await admin.query(
    'UPDATE chat_sessions SET head_message_id = (SELECT id FROM messages WHERE session_id = $1 AND seq = $2) WHERE id = $1',
    [id, count],
  )
  return id
}
