import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'

vi.setConfig({ testTimeout: 60_000 })

const scripts = fileURLToPath(new URL('../../../scripts', import.meta.url))
const ownNode = `node-${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`

let project: string

/** A project of its own: the scripts, no dependency, and the Node of this run in the place of the one from npm. */
beforeEach(async () => {
  project = await mkdtemp(join(tmpdir(), 'chatbot-run-'))
  await mkdir(join(project, 'scripts'))
  for (const name of ['run.mjs', 'install.mjs', 'build-web.mjs'])
    await cp(join(scripts, name), join(project, 'scripts', name))
  await writeFile(join(project, 'package.json'), JSON.stringify({ name: 'project', version: '1.0.0' }))
  const root = { name: 'project', version: '1.0.0' }
  const lock = { ...root, lockfileVersion: 3, requires: true, packages: { '': root } }
  await writeFile(join(project, 'package-lock.json'), JSON.stringify(lock))
})

afterEach(() => rm(project, { recursive: true }))

async function bringNode(): Promise<void> {
  await mkdir(join(project, 'node_modules', ownNode, 'bin'), { recursive: true })
  await symlink(process.execPath, join(project, 'node_modules', ownNode, 'bin', 'node'))
}

/** As if npm had installed the project; npm itself would remove the Node that no package.json asks for. */
async function markInstalled(): Promise<void> {
  await bringNode()
  await writeFile(join(project, 'node_modules', '.package-lock.json'), JSON.stringify({ packages: {} }))
}

type Wrapper = ChildProcessByStdio<null, Readable, Readable>

function start(args: string[], env: Record<string, string> = {}): Wrapper {
  const { npm_lifecycle_event, npm_execpath, ...inherited } = process.env
  return spawn(process.execPath, [join(project, 'scripts', 'run.mjs'), ...args], {
    env: { ...inherited, npm_config_fetch_retries: '0', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
}

async function run(args: string[], env?: Record<string, string>) {
  const child = start(args, env)
  const [stdout, stderr, [code, signal]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close'),
  ])
  return { stdout, stderr, code, signal }
}

async function writeScript(source: string): Promise<void> {
  await writeFile(join(project, 'script.ts'), source)
}

/** The next line that a running script prints. */
async function nextLine(child: Wrapper): Promise<string> {
  const [chunk] = await once(child.stdout, 'data')
  return String(chunk).trim()
}

test('a script runs as TypeScript, with its arguments, in the project, on the Node that npm brought', async () => {
  await markInstalled()
  await writeScript(`const shown: string[] = [process.argv.slice(2).join(), process.cwd(), process.env.PATH ?? '']
    console.log(JSON.stringify(shown))`)
  const { stdout, stderr, code } = await run(['script.ts', 'one', '--two'])
  const [args, cwd, path] = JSON.parse(stdout) as [string, string, string]
  expect({ args, cwd, code, stderr }).toEqual({ args: 'one,--two', cwd: project, code: 0, stderr: '' })
  expect(path.startsWith(join(project, 'node_modules', ownNode, 'bin'))).toBe(true)
})

test('it ends as the script ends: with its exit code, or by its signal', async () => {
  await markInstalled()
  await writeScript('process.exit(7)')
  expect(await run(['script.ts'])).toMatchObject({ code: 7 })
  await writeScript(`process.kill(process.pid, 'SIGKILL')`)
  expect(await run(['script.ts'])).toMatchObject({ signal: 'SIGKILL' })
})

test('a first run installs, a second does not, and one after a change of the lock file does again', async () => {
  await writeScript(`console.log('ran')`)
  const first = await run(['script.ts'])
  expect(first).toMatchObject({ stdout: 'ran\n', stderr: expect.stringContaining('Installing dependencies') })
  expect(await run(['script.ts'])).toMatchObject({ stdout: 'ran\n', stderr: '' })
  await writeFile(join(project, 'package.json'), JSON.stringify({ name: 'project', version: '1.0.1' }))
  expect(await run(['script.ts'])).toMatchObject({ stderr: expect.stringContaining('Installing dependencies') })
})

test('two first runs at once install one after the other, and both scripts run', async () => {
  await writeScript(`console.log('ran')`)
  const both = await Promise.all([run(['script.ts']), run(['script.ts'])])
  expect(both.map(({ stdout }) => stdout)).toEqual(['ran\n', 'ran\n'])
  expect(both.filter(({ stderr }) => stderr.includes('Installing dependencies'))).toHaveLength(1)
})

test('without a connection a needed install fails with a message and does not start the script', async () => {
  await writeScript(`console.log('ran')`)
  const manifest = { name: 'project', version: '1.0.0', dependencies: { 'left-pad': '1.0.0' } }
  await writeFile(join(project, 'package.json'), JSON.stringify(manifest))
  await rm(join(project, 'package-lock.json'))
  const cache = join(project, 'cache')
  const result = await run(['script.ts'], { npm_config_registry: 'http://127.0.0.1:9/', npm_config_cache: cache })
  expect(result).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('needs a connection') })
})

test.skipIf(process.platform === 'win32')('a Node from npm that cannot run here is passed over', async () => {
  await markInstalled()
  const node = join(project, 'node_modules', ownNode, 'bin', 'node')
  await rm(node)
  // What a program for another C library looks like to the system: its interpreter is missing.
  await writeFile(node, '#!/nowhere/interpreter\n', { mode: 0o755 })
  await writeScript('console.log(process.execPath)')
  expect(await run(['script.ts'])).toMatchObject({ stdout: `${process.execPath}\n`, code: 0 })
})

test.skipIf(process.platform === 'win32')(
  'SIGTERM is handed on once, and it waits for the script to finish',
  async () => {
    await markInstalled()
    await writeScript(`
    process.on('SIGTERM', () => { console.log('term'); setTimeout(() => { console.log('done'); process.exit(3) }, 300) })
    setInterval(() => {}, 1000)
    console.log('ready')`)
    const child = start(['script.ts'])
    expect(await nextLine(child)).toBe('ready')
    child.kill('SIGTERM')
    const [rest, [code]] = await Promise.all([text(child.stdout), once(child, 'close')])
    expect({ rest, code }).toEqual({ rest: 'term\ndone\n', code: 3 })
  },
)

test.skipIf(process.platform === 'win32')('a script can tell that its wrapper was killed', async () => {
  await markInstalled()
  await writeScript(`
    import { Socket } from 'node:net'
    const lifeline = new Socket({ fd: Number(process.env.CHATBOT_LIFELINE_FD) })
    lifeline.on('error', () => {}).on('close', () => { console.log('alone'); process.exit() }).resume()
    console.log('ready')`)
  const child = start(['script.ts'])
  expect(await nextLine(child)).toBe('ready')
  child.kill('SIGKILL')
  expect(await text(child.stdout)).toBe('alone\n')
})

test.skipIf(process.platform === 'win32')('npm that is told to end takes the script along', async () => {
  await markInstalled()
  await writeScript(`process.on('SIGTERM', () => { console.log('term'); process.exit() })
    setInterval(() => {}, 1000)
    console.log('ready')`)
  // A shell that does not become the program it starts, as the one npm uses on Debian.
  const command = `"${process.execPath}" scripts/run.mjs script.ts; exit $?`
  const env = { ...process.env, npm_lifecycle_event: 'start', PATH: `${dirname(process.execPath)}:${process.env.PATH}` }
  const shell = spawn('sh', ['-c', command], { cwd: project, env, stdio: ['ignore', 'pipe', 'pipe'] })
  expect(await nextLine(shell)).toBe('ready')
  shell.kill('SIGTERM')
  expect(await text(shell.stdout)).toBe('term\n')
})
