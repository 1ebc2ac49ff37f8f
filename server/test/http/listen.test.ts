import { once } from 'node:events'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { setImmediate as nextRound } from 'node:timers/promises'
import { pino } from 'pino'
import { afterEach, expect, test } from 'vitest'
import { createHttpApp } from '../../src/platform/http/app.ts'
import { listen } from '../../src/platform/http/listen.ts'

const closers: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

async function start(port = 0): Promise<{ port: number; accepted: () => number }> {
  const app = await createHttpApp({
    logger: pino({ level: 'silent' }),
    corsOrigins: [],
    trustProxy: false,
    production: false,
    authenticate: () => {
      throw new Error('nobody asks')
    },
  })
  closers.push(() => app.close())
  let accepted = 0
  app.server.on('connection', () => {
    accepted++
  })
  const listeners = await listen(app, { host: '127.0.0.1', port })
  closers.push(() => {
    for (const other of listeners.slice(1)) other.close()
  })
  return { port: (app.server.address() as AddressInfo).port, accepted: () => accepted }
}

async function connectAll(port: number, count: number): Promise<Socket[]> {
  const sockets = Array.from({ length: count }, () => connect(port, '127.0.0.1'))
  closers.push(() => {
    for (const socket of sockets) socket.destroy()
  })
  return sockets
}

test.skipIf(process.platform !== 'linux')('a round of the event loop lets in more than one connection', async () => {
  const { port, accepted } = await start()
  await connectAll(port, 128)
  let rounds = 0
  while (accepted() < 128) {
    rounds++
    await nextRound()
  }
  // One by one it would be 128.
  expect(rounds).toBeLessThan(80)
})

test('every connection is answered, whichever socket it came by', async () => {
  const { port } = await start()
  const sockets = await connectAll(port, 64)
  const answers = await Promise.all(
    sockets.map(async (socket) => {
      socket.write('GET /nothing HTTP/1.1\r\nHost: a\r\n\r\n')
      const [bytes] = await once(socket, 'data')
      return String(bytes).slice(0, 12)
    }),
  )
  expect(new Set(answers)).toEqual(new Set(['HTTP/1.1 404']))
})

test('a port that another server of ours listens on is taken', async () => {
  const { port } = await start()
  await expect(start(port)).rejects.toMatchObject({ code: 'EADDRINUSE', port })
})
