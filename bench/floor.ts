import { fastify } from 'fastify'
import pg from 'pg'
import { v7 } from 'uuid'

/**
 * The floor of `bench/turns`: bare Fastify and `pg` with the two durable statements of a turn, and nothing else: no
 * credentials, validation, model call, logging or error handling. Settings come as one JSON argument.
 */
const { url, poolSize, workspaceId, projectId } = JSON.parse(process.argv[2] ?? '{}')
const pool = new pg.Pool({ connectionString: url, max: poolSize, options: '-c jit=off' })
const ownerId = v7()
const answer = 'Hello there.'

interface Body {
  message: string
  session_id?: string
}

const app = fastify()
app.post<{ Body: Body }>('/chat', async (request) => {
  const { message, session_id: given } = request.body
  const sessionId = given ?? v7()
  const [userMessageId, assistantMessageId] = [v7(), v7()]
  const begin = {
    workspace_id: workspaceId,
    mode: 'send',
    project_id: projectId,
    session_id: sessionId,
    is_new: given === undefined,
    user_message_id: userMessageId,
    assistant_message_id: assistantMessageId,
    content: message,
    owner_id: ownerId,
    lease: '15 seconds',
    max_messages: 200,
    max_chars: 48_000,
  }
  await pool.query({ name: 'begin', text: 'SELECT begin_turns($1)', values: [JSON.stringify([begin])] })
  const finish = {
    workspace_id: workspaceId,
    message_id: assistantMessageId,
    owner_id: ownerId,
    project_id: projectId,
    project_name: 'Bench',
    session_id: sessionId,
    state: 'complete',
    content: answer,
    finish_reason: 'stop',
    provider: 'floor',
    model: 'floor',
    prompt_tokens: 7,
    completion_tokens: 3,
    used: { prompt_tokens: 7, completion_tokens: 3, estimated: false },
    watched: false,
  }
  await pool.query({ name: 'finish', text: 'SELECT finish_turns($1)', values: [JSON.stringify([finish])] })
  return {
    session_id: sessionId,
    message: { id: userMessageId, role: 'user', content: message },
    assistant_message: { id: assistantMessageId, role: 'assistant', content: answer },
  }
})
process.send?.({ url: await app.listen({ host: '127.0.0.1', port: 0 }) })
process.on('disconnect', () => process.exit(0))
