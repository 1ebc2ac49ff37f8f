import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { Pool } from 'undici'
import { listenMore } from '../server/src/platform/http/listen.ts'

/**
 * The floor of `bench/stream`: one hop that hands a model's bytes on as they come, and nothing else: nothing is stored,
 * checked or parsed. The address of the upstream comes as the argument.
 */
const pool = new Pool(process.argv[2] ?? '', { connections: null, pipelining: 1, headersTimeout: 0, bodyTimeout: 0 })
const headers = { 'content-type': 'application/json' }

const server = createServer(async (request, response) => {
  try {
    const body = await text(request)
    await pool.stream({ path: request.url ?? '/', method: 'POST', headers, body }, () => {
      response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' })
      return response
    })
  } catch {
    response.destroy()
  }
})
const [host, reusePort] = ['127.0.0.1', process.platform === 'linux']
server.listen({ host, port: 0, backlog: 4096, reusePort }, async () => {
  if (reusePort) await listenMore(server, host)
  process.send?.({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` })
})
process.on('message', () => {
  const { user, system } = process.cpuUsage()
  process.send?.({ cpuMs: (user + system) / 1000, rssKiB: process.memoryUsage.rss() / 1024 })
})
process.on('disconnect', () => process.exit(0))
