// Brings node_modules up to date when the lock file or a package.json changed since the last time, for instance after a
// `git pull`. Uses nothing but Node itself, since it runs before anything is installed.
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

const heartbeatMs = 1_000
const staleAfterMs = 15_000

/**
 * Runs `npm install` in `root` where it is needed; otherwise costs a few milliseconds.
 *
 * @throws Error with a message for the user when npm fails
 */
export async function ensureInstalled(root) {
  const stampFile = join(root, 'node_modules', '.install-stamp')
  const isCurrent = () => readText(stampFile) === describeWanted(root)
  if (isCurrent()) return
  if (!existsSync(stampFile) && holdsWhatTheLockFileLists(root)) {
    // Installed by hand or in an image, where node_modules may be read-only: nothing to do but to remember it.
    writeStamp(root, stampFile)
    return
  }
  const release = await takeTurn(root)
  try {
    if (isCurrent()) return
    console.error('Installing dependencies (npm install); the first time this takes a minute …')
    await install(root)
    writeStamp(root, stampFile)
  } finally {
    release()
  }
}

/** What node_modules should be made from: the lock file, all package.json files, and the platform. */
function describeWanted(root) {
  const hash = createHash('sha256')
  const { workspaces = [] } = JSON.parse(readText(join(root, 'package.json')))
  for (const folder of ['', ...workspaces]) hash.update(`${readText(join(root, folder, 'package.json'))}\0`)
  hash.update(readText(join(root, 'package-lock.json')))
  return `${process.platform}-${process.arch} ${hash.digest('hex')}\n`
}

/** npm notes what it installed in node_modules/.package-lock.json, in the form of the lock file. */
function holdsWhatTheLockFileLists(root) {
  const installed = parse(join(root, 'node_modules', '.package-lock.json'))
  const locked = parse(join(root, 'package-lock.json'))
  if (!installed || !locked) return false
  return Object.entries(locked).every(([path, entry]) => {
    if (!path.startsWith('node_modules/') || entry.optional || entry.peer) return true
    if (entry.link) return existsSync(join(root, path))
    return installed[path]?.version === entry.version
  })
}

/**
 * `--no-save` keeps npm from rewriting the lock file (it would drop or add packages of other platforms), which would
 * stand in the way of the next `git pull`. Warnings are left out: some of the packages ask for a newer Node than npm runs
 * on here, which is not the one they will run on.
 */
async function install(root) {
  const args = ['install', '--no-save', '--no-audit', '--no-fund', '--loglevel=error']
  const code = await run(root, args).catch((error) => {
    throw new Error(`npm could not be started (${error.message}). Install Node with npm: https://nodejs.org.`)
  })
  if (code === 0) return
  throw new Error(
    `npm install failed (exit code ${code}); its own message is above. The first start, and the first one after an ` +
      'update, needs a connection to the npm registry. Start again when there is one.',
  )
}

/** The npm that started us, run by our own Node; else the one on the PATH. */
function run(root, args) {
  const npm = process.env.npm_execpath
  const isScript = npm !== undefined && /npm-cli\.[cm]?js$/.test(npm)
  const windows = process.platform === 'win32'
  const [file, allArgs] = isScript ? [process.execPath, [npm, ...args]] : [windows ? 'npm.cmd' : 'npm', args]
  return new Promise((resolve, reject) => {
    // What npm prints goes to stderr: stdout belongs to the script that is about to run. Windows starts .cmd by a shell.
    const options = { cwd: root, stdio: ['ignore', process.stderr, 'inherit'], shell: windows && !isScript }
    const child = spawn(file, allArgs, options)
    child.on('error', reject)
    child.on('close', (code) => resolve(code ?? 1))
  })
}

/**
 * Waits until no other install runs in this folder; two at once would tread on each other's files. Who installs touches
 * the lock again and again: a process id would say nothing across containers or after it was reused.
 */
async function takeTurn(root) {
  const file = join(root, 'node_modules', '.install-lock')
  for (let isTold = false; !tryCreate(file); isTold = true) {
    if (ageMs(file) > staleAfterMs) rmSync(file, { force: true })
    else if (!isTold) console.error(`Waiting for another install in this folder (${file}) …`)
    await sleep(200)
  }
  const heartbeat = setInterval(() => touch(file), heartbeatMs)
  return () => {
    clearInterval(heartbeat)
    rmSync(file, { force: true })
  }
}

function tryCreate(file) {
  try {
    mkdirSync(dirname(file), { recursive: true })
    closeSync(openSync(file, 'wx'))
    return true
  } catch (error) {
    if (error.code === 'EEXIST') return false
    throw new Error(`node_modules cannot be written: ${error.message}`)
  }
}

function ageMs(file) {
  try {
    return Date.now() - statSync(file).mtimeMs
  } catch {
    return 0
  }
}

function touch(file) {
  try {
    utimesSync(file, new Date(), new Date())
  } catch {
    // Gone with node_modules; the install itself will say so.
  }
}

function writeStamp(root, stampFile) {
  try {
    writeFileSync(stampFile, describeWanted(root))
  } catch {
    // Read-only: it is found out anew each time, which is cheap.
  }
}

function parse(file) {
  const text = readText(file)
  return text && JSON.parse(text).packages
}

function readText(file) {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}
