import pg from 'pg'
import { expect, test } from 'vitest'
import { createProject, startTestApp } from '../support/app.ts'
import { ask } from '../support/turns.ts'

test('turns of others do not wait for one whose session is locked', { timeout: 60_000 }, async () => {
  const app = await startTestApp()
  const lock = new pg.Client({ connectionString: app.database.superuserUrl })
  await lock.connect()
  try {
    const [held, other] = [await app.user(), await app.user()]
    const [heldProject, project] = [await createProject(held), await createProject(other)]
    const { session_id: sessionId } = await ask(held, heldProject, 'First')
    await lock.query('BEGIN')
    await lock.query('SELECT FROM chat_sessions WHERE id = $1 FOR UPDATE', [sessionId])

    let state = 'waiting'
    const waiting = ask(held, heldProject, 'Second', sessionId).finally(() => {
      state = 'over'
    })
    for (const question of ['1', '2', '3', '4']) await ask(other, project, question)
    expect(state).toBe('waiting')
    await lock.query('ROLLBACK')
    expect((await waiting).assistant_message.state).toBe('complete')
  } finally {
    await lock.end()
    await app.close()
  }
})
