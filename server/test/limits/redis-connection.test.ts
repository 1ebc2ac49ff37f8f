import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import { afterEach, describe, expect, test } from 'vitest'
import { createRedisLimitStore } from '../../src/platform/limits/redis-limit-store.ts'
import { createLogger } from '../../src/platform/logging.ts'
import { createSharedRedis, type SharedRedis } from '../../src/platform/redis/redis.ts'
import { readRedisAddress } from '../../src/platform/redis/redis-address.ts'
import { freePort } from '../support/free-port.ts'
import { hasRedis, startRedis, startRedisCluster, type TestRedis } from '../support/redis.ts'

describe('an address', () => {
  test('is one server, with what stands in a URL', () => {
    expect(readRedisAddress('rediss://ada:s%40cret@[::1]/3')).toEqual({
      nodes: [{ host: '::1', port: 6379 }],
      ...{ isCluster: false, isEncrypted: true, username: 'ada', password: 's@cret', database: 3 },
    })
    expect(readRedisAddress('redis://:only@cache:7000')).toMatchObject({ username: undefined, password: 'only' })
  })

  test('of a cluster is several, of which one says who signs in', () => {
    const address = readRedisAddress('redis://one:7000, redis://:secret@two:7001')
    expect(address?.nodes.map(({ host, port }) => `${host}:${port}`)).toEqual(['one:7000', 'two:7001'])
    expect(address).toMatchObject({ isCluster: true, password: 'secret' })
  })

  test.each([
    'localhost:6379',
    'http://localhost:6379',
    'redis://',
    'redis://localhost/first',
    'redis://localhost?tls=no',
    'redis://:%zz@localhost',
    'redis://one,rediss://two',
    'redis://one/1,redis://two/1',
    'redis://one,',
  ])('is not %s', (text) => expect(readRedisAddress(text)).toBeUndefined())
})

describe.skipIf(!hasRedis)('a shared Redis', () => {
  const stops: (() => Promise<unknown>)[] = []
  afterEach(async () => {
    for (const stop of stops.splice(0).reverse()) await stop()
  })

  async function start(options?: string[]): Promise<TestRedis> {
    const server = await startRedis(options)
    stops.push(server.stop)
    return server
  }

  function open(url: string) {
    const lines: string[] = []
    const logger = createLogger('info', { write: (line) => void lines.push(line) })
    const redis = createSharedRedis({ address: addressOf(url), prefix: 'test', logger })
    stops.push(redis.close)
    return { redis, lines }
  }

  async function opened(url: string) {
    const { redis, lines } = open(url)
    redis.open()
    await isUp(redis)
    return { redis, lines }
  }

  test.each<[string, (server: TestRedis) => void, (server: TestRedis) => unknown]>([
    ['is killed', ({ kill }) => void kill(), ({ restart }) => restart()],
    ['hangs', ({ freeze }) => freeze(), ({ thaw }) => thaw()],
  ])('that %s fails at once and is noticed without being asked, until it is back', async (_, breakIt, mend) => {
    const server = await start()
    const { redis, lines } = await opened(server.url)
    breakIt(server)
    const askedAt = performance.now()
    await expect(redis.use((client) => client.get('key'))).rejects.toThrow('Redis is away')
    expect(performance.now() - askedAt).toBeLessThan(600)
    for (let n = 0; n < 20; n += 1) await expect(redis.use((client) => client.get('key'))).rejects.toThrow()
    expect(redis.isUp).toBe(false)
    await sleep(1500)
    await mend(server)
    await isUp(redis)
    expect(await redis.use((client) => client.get('key'))).toBeNull()
    expect(lines.map((line) => JSON.parse(line).level)).toEqual(['info', 'warn', 'info'])
  })

  test('that nobody asks is known to be gone within a second', async () => {
    const server = await start()
    const { redis } = await opened(server.url)
    server.freeze()
    await expect.poll(() => redis.isUp, { timeout: 1000, interval: 20 }).toBe(false)
    server.thaw()
  })

  test('that is not there is looked for again, and found', async () => {
    const server = await start()
    await server.kill()
    const { redis, lines } = open(server.url)
    redis.open()
    await sleep(1200)
    expect(redis.isUp).toBe(false)
    await server.restart()
    await isUp(redis)
    expect(lines.map((line) => JSON.parse(line)).map(({ level, code }) => [level, code])).toEqual([
      ['warn', 'ECONNREFUSED'],
      ['info', undefined],
    ])
  })

  test('that refuses to be written to is away for as long as it does', async () => {
    const server = await start()
    const { redis, lines } = await opened(server.url)
    await server.ask('CONFIG', 'SET', 'maxmemory', '1')
    await expect.poll(() => redis.isUp, { timeout: 1500 }).toBe(false)
    await sleep(1200)
    expect(redis.isUp).toBe(false)
    await server.ask('CONFIG', 'SET', 'maxmemory', '0')
    await isUp(redis)
    expect(lines.map((line) => JSON.parse(line).code)).toEqual([undefined, 'OOM', undefined])
  })

  test('signs in, and names no secret where it may not', async () => {
    const server = await start(['--requirepass', 'a-secret-for-redis'])
    const { redis } = await opened(`redis://:a-secret-for-redis@127.0.0.1:${server.port}`)
    expect(await redis.use((client) => client.ping())).toBe('PONG')
    const refused = open(`redis://:another-secret@127.0.0.1:${server.port}`)
    refused.redis.open()
    await expect.poll(() => refused.lines).toHaveLength(1)
    expect(JSON.parse(refused.lines[0] ?? '')).toMatchObject({ level: 'warn', code: 'WRONGPASS' })
    expect(refused.lines.join()).not.toMatch(/secret/)
  })

  test('needs no more rights than docs/limits.md says', async () => {
    const server = await start()
    const rights = readFileSync(new URL('../../../docs/limits.md', import.meta.url), 'utf8').match(
      /`(~chatbot:[^`]*)`/,
    )?.[1]
    await server.ask(
      'ACL',
      'SETUSER',
      'app',
      'on',
      '>secret',
      ...(rights?.replaceAll('chatbot', 'test').split(' ') ?? []),
    )
    const { redis } = open(`redis://app:secret@127.0.0.1:${server.port}`)
    const heard: string[] = []
    redis.listen('news', (payload) => void heard.push(payload))
    redis.open()
    await isUp(redis)
    redis.tell('news', 'one')
    const count = { key: 'key', add: 1, own: 1, isKnown: false, remainingMs: 1000 }
    const streams = [{ key: 'streams', open: 1 }]
    await expect(createRedisLimitStore(redis).exchange({ counts: [count], streams })).resolves.toMatchObject({
      counts: [{ total: 1 }],
    })
    await expect.poll(() => heard).toEqual(['one'])
  })

  test('is spoken to by TLS, with its certificate checked', async () => {
    const { folder, files } = makeCertificate()
    const before = getCACertificates('default')
    const port = await freePort()
    const tls = ['--tls-port', String(port), '--tls-cert-file', files.cert, '--tls-key-file', files.key]
    await start([...tls, '--tls-ca-cert-file', files.cert, '--tls-auth-clients', 'no'])
    const { redis, lines } = open(`rediss://127.0.0.1:${port}`)
    redis.open()
    await expect.poll(() => lines).toHaveLength(1)
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ code: 'DEPTH_ZERO_SELF_SIGNED_CERT' })
    setDefaultCACertificates([...before, readFileSync(files.cert, 'utf8')])
    stops.push(async () => setDefaultCACertificates(before))
    await isUp(redis)
    rmSync(folder, { recursive: true })
  })

  test('carries what processes tell each other, also after it was away', async () => {
    const server = await start()
    const { redis: teller } = await opened(server.url)
    const { redis: listener } = open(server.url)
    const heard: string[] = []
    listener.listen('news', (payload) => void heard.push(payload))
    listener.open()
    await isUp(listener)
    teller.tell('news', 'one')
    await expect.poll(() => heard).toEqual(['one'])
    await server.kill()
    teller.tell('news', 'lost')
    await server.restart()
    for (const one of [teller, listener]) await isUp(one)
    teller.tell('news', 'two')
    await expect.poll(() => heard).toEqual(['one', 'two'])
  })

  test('that is a cluster carries news too, and is away while one of its nodes is', async () => {
    const cluster = await startRedisCluster()
    stops.push(cluster.stop)
    const { redis, lines } = open(cluster.url)
    const heard: string[] = []
    redis.listen('news', (payload) => void heard.push(payload))
    redis.open()
    await isUp(redis)
    redis.tell('news', 'one')
    await expect.poll(() => heard).toEqual(['one'])
    await cluster.nodes[2]?.kill()
    await expect.poll(() => redis.isUp, { timeout: 4000, interval: 20 }).toBe(false)
    await sleep(1500)
    expect(redis.isUp).toBe(false)
    expect(lines).toHaveLength(2)
  })
})

function addressOf(url: string) {
  const address = readRedisAddress(url)
  if (!address) throw new Error('this is no address')
  return address
}

function isUp(redis: SharedRedis): Promise<void> {
  return expect.poll(() => redis.isUp, { timeout: 4000, interval: 20 }).toBe(true)
}

/** For 127.0.0.1, signed by itself. */
function makeCertificate() {
  const folder = mkdtempSync(join(tmpdir(), 'chatbot-redis-tls-'))
  const files = { cert: join(folder, 'tls.crt'), key: join(folder, 'tls.key') }
  const subject = ['-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1', '-days', '2']
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', files.key]
  execFileSync('openssl', ['req', '-x509', ...key, '-out', files.cert, ...subject], { stdio: 'ignore' })
  return { folder, files }
}
