import { type ChildProcess, execFile, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { freePort } from './free-port.ts'

/** A Redis server of a test, in memory alone, on 127.0.0.1. */
export interface TestRedis {
  url: string
  port: number
  /** What redis-cli answers to a command. */
  ask(...command: string[]): Promise<string>
  /** `SIGKILL`; resolves once it is gone. */
  kill(): Promise<void>
  /** Starts it again after that, on its port and empty. */
  restart(): Promise<void>
  /** `SIGSTOP`: it takes connections and answers nothing. */
  freeze(): void
  thaw(): void
  stop(): Promise<void>
}

/** Whether redis-server and redis-cli are there. */
export const hasRedis = ['redis-server', 'redis-cli'].every((name) => spawnSync(name, ['--version']).status === 0)

if (!hasRedis)
  process.stdout.write('SKIPPED: Redis is not installed, so nothing was tried with it (apt-get install redis-server)\n')

/** With more words for its command line, such as `--requirepass`. */
export async function startRedis(options: string[] = []): Promise<TestRedis> {
  const [folder, port] = [await mkdtemp(join(tmpdir(), 'chatbot-redis-')), await freePort()]
  const at = ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder]
  let child: ChildProcess
  const launch = async () => {
    child = spawn('redis-server', [...at, '--save', '', '--appendonly', 'no', ...options], { stdio: 'ignore' })
    while (!(await ask('PING').catch(() => '')).match(/PONG|NOAUTH/)) await sleep(20)
  }
  const ask = (...command: string[]) => askRedis(port, command)
  const kill = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return
    const exited = once(child, 'exit')
    child.kill('SIGKILL')
    await exited
  }
  await launch()
  return {
    url: `redis://127.0.0.1:${port}`,
    port,
    ask,
    kill,
    restart: launch,
    freeze: () => void child.kill('SIGSTOP'),
    thaw: () => void child.kill('SIGCONT'),
    stop: async () => {
      await kill()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

export interface TestRedisCluster {
  /** For `REDIS_URL`: two of the three. */
  url: string
  nodes: TestRedis[]
  stop(): Promise<void>
}

/** Three nodes without replicas, which share the slots. */
export async function startRedisCluster(): Promise<TestRedisCluster> {
  const enabled = ['--cluster-enabled', 'yes', '--cluster-node-timeout', '2000', '--cluster-port']
  const nodes: TestRedis[] = []
  for (let n = 0; n < 3; n += 1) nodes.push(await startRedis([...enabled, String(await freePort())]))
  const addresses = nodes.map(({ port }) => `127.0.0.1:${port}`)
  await promisify(execFile)('redis-cli', ['--cluster', 'create', ...addresses, '--cluster-yes'])
  for (const { ask } of nodes) while (!(await ask('CLUSTER', 'INFO')).includes('cluster_state:ok')) await sleep(50)
  return {
    url: nodes
      .slice(0, 2)
      .map(({ url }) => url)
      .join(','),
    nodes,
    stop: async () => {
      for (const node of nodes) await node.stop()
    },
  }
}

async function askRedis(port: number, command: string[]): Promise<string> {
  const { stdout } = await promisify(execFile)('redis-cli', ['-p', String(port), ...command])
  return stdout.trim()
}
