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
  await pool.query({
    name: 'begin_turn',
    text: 'SELECT * FROM begin_turn($1, $2, $3, $4, $5, $6, $7, $8, $9, $10::interval, $11, $12)',
    values: [
      workspaceId,
      projectId,
      sessionId,
      given === undefined,
      null,
      userMessageId,
      assistantMessageId,
      message,
      ownerId,
      '15 seconds',
      200,
      100_000,
    ],
  })
  await pool.query({
    name: 'finish_turn',
    text: 'SELECT * FROM finish_turn($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)',
    values: [workspaceId, assistantMessageId, ownerId, 'complete', answer, 'stop', null, 'floor', 'floor', 7, 3],
  })
  return {
    session_id: sessionId,
    message: { id: userMessageId, role: 'user', content: message },
    assistant_message: { id: assistantMessageId, role: 'assistant', content: answer },
  }
})
process.send?.({ url: await app.listen({ host: '127.0.0.1', port: 0 }) })
process.on('disconnect', () => process.exit(0))
