import { channel } from 'node:diagnostics_channel'
import { once } from 'node:events'
import { request, type ServerResponse } from 'node:http'
import { expect, test } from 'vitest'
import { startTestApp } from '../support/app.ts'

test('who leaves while the sign-in is being checked keeps neither a place nor a seat', async () => {
  const app = await startTestApp({ env: { STREAMS_PER_USER: '1', STREAMS_PER_WORKSPACE: '1' } })
  try {
    const { db, turnGate } = app.server.deps
    const user = await app.user()
    const path = `/messages/${crypto.randomUUID()}/continue`
    const headers = { authorization: `Bearer ${user.token}` }
    const { call } = db
    const { promise: asked, resolve: isAsked } = Promise.withResolvers<void>()
    const { promise: answered, resolve: goOn } = Promise.withResolvers<void>()
    db.call = async (name, ...rest) => {
      if (name === 'sign-in-is-live') {
        isAsked()
        await answered
      }
      return call(name, ...rest)
    }
    const seen: ServerResponse[] = []
    const see = (message: unknown) => void seen.push((message as { response: ServerResponse }).response)
    channel('http.server.request.start').subscribe(see)
    const leaving = request(new URL(path, app.url), { method: 'POST', headers }).on('error', () => undefined)
    leaving.end()
    await asked
    channel('http.server.request.start').unsubscribe(see)
    const [response] = seen
    if (!response) throw new Error('no request came')
    const closed = once(response, 'close')
    leaving.destroy()
    await closed
    db.call = call
    goOn()
    await expect.poll(async () => (await fetch(new URL(path, app.url), { method: 'POST', headers })).status).toBe(404)
    expect(turnGate.state).toMatchObject({ starting: 0, waiting: 0 })
  } finally {
    await app.close()
  }
})
