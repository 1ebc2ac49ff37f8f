import { existsSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { readRedisAddress } from '../../src/platform/redis/redis-address.ts'
import { settings } from '../../src/settings.ts'
import { pathTo, read, readYaml, unknownVariables } from './deploy-files.ts'

interface Service {
  image: string
  build?: string
  command?: string[]
  ports?: string[]
  environment?: Record<string, string>
  volumes?: string[]
  networks?: string[]
  healthcheck?: object
  depends_on?: Record<string, { condition: string }>
  stop_grace_period?: string
}
interface Compose {
  services: Record<string, Service>
  volumes: object
  networks: object
}

describe.each(['compose.yaml', 'deploy/compose/compose.yaml'])('%s', (file) => {
  const { db, ...others } = readYaml<Compose>(file).services
  const servers = Object.values(others).filter(({ environment }) => environment?.DATABASE_URL)

  test('leaves answers the time to end, and PostgreSQL that to write what it holds', () => {
    expect(servers.length).toBeGreaterThan(0)
    for (const { environment, stop_grace_period: period } of servers) {
      expect(environment?.SHUTDOWN_GRACE).toBe('30')
      expect(period).toBe('45s')
    }
    expect(db?.stop_grace_period).toBe('60s')
  })
})

describe('deploy/compose', () => {
  const folder = 'deploy/compose'
  const { services, volumes, networks } = readYaml<Compose>(`${folder}/compose.yaml`)
  const { nginx, db, migrate } = services
  const apps = ['app-1', 'app-2'].map((name) => services[name])
  const upstream = read(`${folder}/upstream.conf`)

  test('gives the servers variables that they know, and nginx the servers', () => {
    for (const app of apps) expect(unknownVariables(Object.keys(app?.environment ?? {}))).toEqual([])
    const servers = [...upstream.matchAll(/^ {2}server (\S+):(\d+)/gm)].map(([, name, port]) => [name, port])
    expect(servers).toEqual(['app-1', 'app-2'].map((name) => [name, services[name]?.environment?.PORT]))
    expect(apps.map((app) => app?.environment?.TRUST_PROXY)).toEqual(['true', 'true'])
    expect(apps.flatMap((app) => app?.ports ?? [])).toEqual([])
  })

  test('has nginx look up servers that were replaced, which it can from 1.27.3 on', () => {
    expect(upstream).toMatch(/^ {2}zone \w+ \w+;$/m)
    expect(upstream).toMatch(/^ {2}resolver 127\.0\.0\.11 /m)
    expect(upstream.match(/^ {2}server .+$/gm)).toEqual(upstream.match(/^ {2}server \S+ resolve .+$/gm))
    const [, major, minor] = nginx?.image?.match(/^nginx:(\d+)\.(\d+)-/) ?? []
    expect(Number(major) * 1000 + Number(minor)).toBeGreaterThanOrEqual(1028)
  })

  test('mounts files that exist to where nginx looks', () => {
    const mounts = (nginx?.volumes ?? []).map((volume) => volume.split(':'))
    // The certificate is the operator's.
    const sources = mounts.map(([source = '']) => source).filter((source) => source !== './tls')
    expect(sources.filter((source) => !existsSync(pathTo(`${folder}/${source}`)))).toEqual([])
    const certificate = read('deploy/nginx/chatbot.conf').match(/ssl_certificate (\S+)\/tls.crt;/)?.[1]
    expect(mounts).toContainEqual(['./tls', certificate, 'ro'])
    expect(nginx?.ports).toEqual(['80:80', '443:443'])
  })

  test('connects to the database it starts, after one migration', () => {
    const [, user, host, name] = apps[0]?.environment?.DATABASE_URL?.match(/\/\/(\w+):\$\{.+\}@(\w+):5432\/(\w+)/) ?? []
    expect([user, host, name]).toEqual([db?.environment?.POSTGRES_USER, 'db', db?.environment?.POSTGRES_DB])
    expect(db?.image).toMatch(/^pgvector\/pgvector:pg1[5-8]$/)
    expect(existsSync(pathTo(migrate?.command?.[2] ?? 'missing'))).toBe(true)
    expect(migrate?.command?.slice(3)).toEqual(['db', 'upgrade'])
    for (const app of apps)
      expect(app?.depends_on).toEqual({ migrate: { condition: 'service_completed_successfully' } })
    expect(migrate?.depends_on).toEqual({ db: { condition: 'service_healthy' } })
  })

  test('can have a Redis that both servers use and nginx does not reach', () => {
    const more = readYaml<Pick<Compose, 'services'>>(`${folder}/redis.yaml`).services
    expect(Object.keys(more)).toEqual(['app-1', 'app-2', 'redis'])
    for (const app of [more['app-1'], more['app-2']]) {
      expect(unknownVariables(Object.keys(app?.environment ?? {}))).toEqual([])
      expect(readRedisAddress(app?.environment?.REDIS_URL ?? '')?.nodes).toEqual([{ host: 'redis', port: 6379 }])
    }
    expect([more.redis?.networks, more.redis?.ports, more.redis?.volumes]).toEqual([['back'], undefined, undefined])
  })

  test('has a worker for the jobs that the servers leave, which nginx does not reach', () => {
    const { worker } = services
    expect(existsSync(pathTo(worker?.command?.at(-1) ?? 'missing'))).toBe(true)
    expect(apps.map((app) => app?.environment?.RUN_JOBS)).toEqual(['false', 'false'])
    expect(JSON.stringify(worker?.healthcheck)).toContain(`:${worker?.environment?.METRICS_PORT}/health/ready'`)
    expect([worker?.networks, worker?.ports]).toEqual([['back'], undefined])
  })

  test('keeps nginx away from the database, and the documents in one place', () => {
    expect([nginx?.networks, db?.networks]).toEqual([['front'], ['back']])
    expect(Object.keys(networks)).toEqual(['front', 'back'])
    const mounted = (service: typeof db) => (service?.volumes ?? []).map((volume) => volume.split(':')[0])
    expect(mounted(db)).toEqual(['db-data'])
    // Servers and workers share the documents.
    for (const app of [...apps, services.worker]) expect(mounted(app)).toEqual(['files'])
    expect(Object.keys(volumes)).toEqual(['db-data', 'files'])
  })
})

describe.each(['chatbot', 'chatbot@', 'chatbot-worker'])('deploy/systemd/%s.service', (name) => {
  const unit = read(`deploy/systemd/${name}.service`)
  const valuesOf = (key: string) => [...unit.matchAll(new RegExp(`^${key}=(.*)$`, 'gm'))].map(([, value = '']) => value)

  test('starts files that exist with variables that the server knows', () => {
    const files = (valuesOf('ExecStart')[0] ?? '').split(' ').filter((part) => /\.(mjs|ts)$/.test(part))
    expect(files).toHaveLength(2)
    expect(files.filter((file) => !existsSync(pathTo(file)))).toEqual([])
    const set = Object.fromEntries(valuesOf('Environment').map((pair) => pair.split('=') as [string, string]))
    expect(unknownVariables(Object.keys(set))).toEqual([])
    expect(set.DATA_DIR).toBe(`/var/lib/${valuesOf('StateDirectory')[0]?.split(' ')[0]}`)
    expect(Number(valuesOf('TimeoutStopSec')[0])).toBeGreaterThan(Number(set.SHUTDOWN_GRACE) + 10)
  })

  test('may write to the documents that the settings name as an example', () => {
    const { example } = settings.Knowledge.FILES_URL
    const writable = (valuesOf('StateDirectory')[0] ?? '').split(' ').map((folder) => `file:///var/lib/${folder}`)
    expect(writable.filter((folder) => example === folder || example?.startsWith(`${folder}/`))).toHaveLength(1)
  })

  test('documents itself where the documents are, and reloads by the signal that the start script passes on', () => {
    const folder = valuesOf('WorkingDirectory')[0]
    const document = valuesOf('Documentation')[0]?.replace(`file://${folder}/`, '')
    expect(existsSync(pathTo(document ?? 'missing'))).toBe(true)
    const signals = valuesOf('ExecReload').map((command) => command.match(/-(USR\d) \$MAINPID$/)?.[1])
    expect(signals).toEqual(name === 'chatbot' ? ['USR2'] : [])
    for (const signal of signals) expect(read('scripts/run.mjs')).toContain(`'SIG${signal}'`)
  })

  test('lets JavaScript be compiled, and little else be done', () => {
    expect(unit).not.toContain('MemoryDenyWriteExecute')
    expect(unit).toMatch(/^NoNewPrivileges=yes$/m)
    expect(unit).toMatch(/^ProtectSystem=strict$/m)
    const sections = [...unit.matchAll(/^\[(\w+)\]$/gm)].map(([, section]) => section)
    expect(sections).toEqual(['Unit', 'Service', 'Install'])
    const lines = unit.split('\n').filter((line) => line !== '' && !/^(#|\[\w+\]$)/.test(line))
    expect(lines.filter((line) => !/^[A-Z]\w+=/.test(line))).toEqual([])
  })
})
