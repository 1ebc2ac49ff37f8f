// Builds the web app where its sources changed since the last time: `npm run build [-- <folder>]`. Uses nothing but Node itself until it builds.
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const usualTarget = join(root, 'web', 'dist')
const sources = [
  'web/src',
  'web/public',
  'web/index.html',
  'web/vite.config.ts',
  'web/postcss.config.mjs',
  'web/package.json',
  'web/contract-plugin.ts',
  'client/src',
  'contract/src',
]

/**
 * Leaves a current build in `target`, made by `runner`, a Node of at least version 24. Where nothing changed it costs a
 * few milliseconds. An image without the build tools keeps the build it has.
 *
 * @throws Error with a message for the user when the build fails
 */
export async function ensureBuilt(runner, target = usualTarget) {
  const wanted = describeSources()
  if (readText(join(target, '.stamp')) === wanted) return
  const vite = join(root, 'node_modules', 'vite', 'bin', 'vite.js')
  if (!existsSync(vite)) return
  console.error('Building the web app …')
  const made = `${target}.${process.pid}`
  try {
    const code = await run(runner, [vite, 'build', 'web', '--outDir', made, '--emptyOutDir', '--logLevel', 'warn'])
    if (code !== 0) throw new Error(`The web app could not be built (exit code ${code}); the reason is above.`)
    writeFileSync(join(made, '.stamp'), wanted)
    swap(made, target)
  } finally {
    rmSync(made, { recursive: true, force: true })
  }
}

/** Whoever is second of two at once leaves the first one's build, which is the same. */
function swap(made, target) {
  const old = `${made}.old`
  if (existsSync(target)) renameSync(target, old)
  try {
    renameSync(made, target)
  } catch (error) {
    if (!existsSync(target)) throw error
  }
  rmSync(old, { recursive: true, force: true })
}

function describeSources() {
  const hash = createHash('sha256')
  for (const source of sources) addTo(hash, source)
  hash.update(readText(join(root, 'package-lock.json')))
  return hash.digest('hex')
}

function addTo(hash, path) {
  const full = join(root, path)
  if (!existsSync(full)) return
  const entries = isFolder(full) ? readdirSync(full).sort() : null
  if (entries) for (const entry of entries) addTo(hash, `${path}/${entry}`)
  else hash.update(`${path}\0`).update(readFileSync(full))
}

function isFolder(path) {
  try {
    readdirSync(path)
    return true
  } catch {
    return false
  }
}

function run(runner, args) {
  return new Promise((resolve, reject) => {
    const env = { ...process.env, NODE_ENV: 'production' }
    const child = spawn(runner, args, { cwd: root, env, stdio: ['ignore', process.stderr, 'inherit'] })
    child.on('error', reject)
    child.on('close', (code) => resolve(code ?? 1))
  })
}

function readText(file) {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await ensureBuilt(process.execPath, process.argv[2])
