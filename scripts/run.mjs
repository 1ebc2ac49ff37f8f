// Runs one of the project's scripts on the Node that the project brings: `node scripts/run.mjs [--web] [--watch] <script>
// [args…]`. Works on a fresh clone with any Node from 20.20: it installs what is missing first, and with --web builds the
// web app. Uses nothing but Node itself.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { constants } from 'node:os'
import { delimiter, dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ensureBuilt } from './build-web.mjs'
import { ensureInstalled } from './install.mjs'

const root = dirname(dirname(fileURLToPath(import.meta.url)))

/** TypeScript runs without a build from here on. */
const oldestRunner = [24, 0]
/** What npm and this script need. */
const oldestNode = [20, 20]

const parentCheckIntervalMs = 250

async function main() {
  if (!isAtLeast(process.versions.node, oldestNode)) {
    fail(
      `Node ${oldestNode.join('.')} or later is needed, and this is ${process.versions.node}: see https://nodejs.org.`,
    )
  }
  const given = process.argv.slice(2)
  const web = given[0] === '--web' && given.shift() !== undefined
  const watch = given[0] === '--watch' && given.shift() !== undefined
  const [script, ...args] = given
  if (!script) fail('Usage: node scripts/run.mjs [--web] [--watch] <script> [arguments]')

  await ensureInstalled(root).catch((error) => fail(error.message))
  const [runner] = findRunners()
  if (web && runner) await ensureBuilt(runner).catch((error) => fail(error.message))
  const flags = ['--disable-warning=ExperimentalWarning', ...(watch ? ['--watch', '--watch-preserve-output'] : [])]
  const child = await start(findRunners(), [...flags, resolve(root, script), ...args], watch)
  follow(child)
}

/** The project's own Node where npm carries one for this platform, else the one we run on if it is new enough. */
function findRunners() {
  const windows = process.platform === 'win32'
  const name = `node-${windows ? 'win' : process.platform}-${process.arch}`
  const own = join(root, 'node_modules', name, 'bin', windows ? 'node.exe' : 'node')
  const runners = existsSync(own) ? [own] : []
  if (isAtLeast(process.versions.node, oldestRunner)) runners.push(process.execPath)
  return runners
}

/** Starts the first runner that the system can start: where there is no glibc (Alpine), npm's Node is there but cannot run. */
async function start(runners, args, watch) {
  for (const runner of runners) {
    const child = spawn(runner, args, { cwd: root, stdio: stdio(watch), env: environment(runner, watch) })
    const isStarted = await new Promise((done) => {
      child.once('spawn', () => done(true))
      child.once('error', () => done(false))
    })
    if (isStarted) return child
  }
  return fail(
    `npm carries no Node for this platform (${process.platform} ${process.arch}) that runs here, and this one is ` +
      `${process.versions.node}. Install Node ${oldestRunner[0]} or later (https://nodejs.org) and start again.`,
  )
}

/**
 * Descriptor 3 is the lifeline: a pipe that carries nothing and closes when this process ends, however it ends, so that
 * the child can tell that it was left alone. Under --watch the child is Node's watcher, which would not hand it on.
 */
function stdio(watch) {
  return watch ? 'inherit' : ['inherit', 'inherit', 'inherit', 'pipe']
}

function environment(runner, watch) {
  const env = { ...process.env }
  // Windows spells the variable as it likes, and a second spelling would win or lose by chance.
  const name = Object.keys(env).find((key) => key.toUpperCase() === 'PATH') ?? 'PATH'
  env[name] = [dirname(runner), env[name]].filter(Boolean).join(delimiter)
  delete env.CHATBOT_LIFELINE_FD
  if (!watch) env.CHATBOT_LIFELINE_FD = '3'
  return env
}

/** Ends when the child ends, in the same way, and never before it. */
function follow(child) {
  const hasTerminal = process.stdin.isTTY || process.stdout.isTTY || process.stderr.isTTY
  const forwarded = ['SIGTERM', 'SIGHUP', 'SIGINT']
  let isEnding = false
  for (const signal of forwarded) {
    process.on(signal, () => {
      isEnding = true
      // A terminal's Ctrl-C reaches the whole process group. Passed on, it would count as the impatient second one.
      if (signal !== 'SIGINT' || !hasTerminal) child.kill(signal)
    })
  }
  // Asks the server for new workers; it ends nothing.
  process.on('SIGUSR2', () => child.kill('SIGUSR2'))
  if (process.env.npm_lifecycle_event) {
    onParentGone(() => {
      if (!isEnding) child.kill('SIGTERM')
    })
  }
  child.on('exit', (code, signal) => {
    if (signal === null) process.exit(code ?? 1)
    for (const name of forwarded) process.removeAllListeners(name)
    process.kill(process.pid, signal)
    // Not every signal ends a process; the shell's way of telling does.
    setTimeout(() => process.exit(128 + constants.signals[signal]), 500)
  })
}

/**
 * npm starts us by a shell and hands its signals to that one, which just dies of them and leaves us behind. (Windows
 * keeps the dead parent's id; there are no such signals there.)
 */
function onParentGone(callback) {
  const { ppid } = process
  const timer = setInterval(() => {
    if (process.ppid === ppid) return
    clearInterval(timer)
    callback()
  }, parentCheckIntervalMs)
}

/** Node's version as `[major, minor]` and above. */
function isAtLeast(version, [major, minor]) {
  const [ownMajor = 0, ownMinor = 0] = version.split('.').map(Number)
  return ownMajor > major || (ownMajor === major && ownMinor >= minor)
}

function fail(message) {
  console.error(message)
  process.exit(1)
}

await main()
