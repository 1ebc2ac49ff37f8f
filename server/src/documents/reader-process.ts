import { type ChildProcess, spawn } from 'node:child_process'
import { readFileSync, realpathSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { setPriority } from 'node:os'
import type { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import type { DocumentLimits } from './document.ts'
import { extensionOf } from './recognise.ts'

/** Why a reading process was stopped by its parent. */
export type StopReason = 'timeout' | 'out_of_memory' | 'too_much_output' | 'aborted'

export interface Ending {
  code: number | null
  signal: NodeJS.Signals | null
  stopped: StopReason | undefined
  /** Processor time it had when it was stopped, in milliseconds; null where that is not known. */
  cpuMs: number | null
  /** The beginning of what it wrote to standard error. */
  complaint: string
}

export interface ReaderProcess {
  pid: number | undefined
  ended: Promise<Ending>
  stop(reason: StopReason): void
}

interface Start {
  /** Open file descriptor of the document. */
  document: number
  name: string
  limits: DocumentLimits
  /** An empty folder. */
  folder: string
  onLine(line: string): void
}

const script = fileURLToPath(new URL('./reading/main.ts', import.meta.url))
/** Gets a tenth of a busy core, and all of an idle one. */
const idlePriority = 10

/**
 * Starts a process that reads one document, and stops it when it takes too long or too much memory. It has an empty
 * environment, may read nothing but its own code, may write and start nothing, and runs at low priority. (Reading a
 * document needs no path: the parent opens it.)
 */
export function startReaderProcess({ document, name, limits, folder, onLine }: Start): ReaderProcess {
  const [command, args] = sandboxed([script, labelOf(name), JSON.stringify(limits)], limits)
  const child = spawn(command, args, { cwd: folder, env: {}, stdio: [document, 'ignore', 'pipe', 'pipe'] })
  if (process.platform !== 'linux') lowerPriority(child)

  let stopped: StopReason | undefined
  let cpuMs: number | null = null
  const stop = (reason: StopReason) => {
    cpuMs ??= cpuMsOf(child)
    stopped ??= reason
    child.kill('SIGKILL')
  }
  const timer = setTimeout(stop, limits.timeMs, 'timeout')
  const watch = watchMemory(child, limits, () => stop('out_of_memory'))
  const complaint = beginningOf(child.stderr)
  const output = child.stdio[3]
  if (output && 'on' in output)
    readLines(output as Readable, { onLine, limits, tooMuch: () => stop('too_much_output') })

  const ended = new Promise<Ending>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code, signal) => resolve({ code, signal, stopped, cpuMs, complaint: complaint() }))
  }).finally(() => {
    clearTimeout(timer)
    clearInterval(watch)
  })
  return { pid: child.pid, ended, stop }
}

function nodeArguments({ memoryMb }: DocumentLimits): string[] {
  return [
    '--permission',
    ...readableFolders().map((folder) => `--allow-fs-read=${folder}`),
    '--disallow-code-generation-from-strings',
    '--no-addons',
    '--no-experimental-websocket',
    '--disable-warning=ExperimentalWarning',
    // The rest is for buffers outside the heap, code and stacks.
    `--max-old-space-size=${Math.floor(memoryMb / 2)}`,
  ]
}

/** This folder and the packages: what the process loads its code from. */
function readableFolders(): string[] {
  const code = fileURLToPath(new URL('.', import.meta.url))
  const packages = import.meta.resolve('fflate').split('/node_modules/')[0]
  const server = fileURLToPath(new URL('../../', import.meta.url))
  return [`${code}*`, `${server}package.json`, `${realpathSync(fileURLToPath(`${packages}/node_modules`))}/*`]
}

/** The part of a name that tells the kind: arguments are seen by whoever may list processes. */
function labelOf(name: string): string {
  const extension = extensionOf(name)
  return extension === '' ? 'document' : `document.${extension}`
}

/** The command that runs Node with these arguments, locked in. */
export function sandboxed(args: string[], limits: DocumentLimits): [command: string, args: string[]] {
  return limited([process.execPath, ...nodeArguments(limits), ...args], limits)
}

/**
 * On Linux the shell sets limits that the kernel keeps, which no allocation between two looks at the memory can exceed:
 * no core dumps, no files written, CPU seconds, writable memory. V8 reserves 512 MiB of address space for code, which
 * counts as writable. `nice` covers all threads, while setting the priority later would leave out those that run already.
 */
function limited([command = '', ...args]: string[], { timeMs, memoryMb }: DocumentLimits): [string, string[]] {
  if (process.platform !== 'linux') return [command, args]
  const limits = `-c 0; ulimit -f 0; ulimit -t ${Math.ceil(timeMs / 1000) * 3 + 5}; ulimit -d ${(memoryMb + 512) * 1024}`
  const run = `command -v nice >/dev/null && exec nice -n ${idlePriority} "$@"; exec "$@"`
  return ['/bin/sh', ['-c', `ulimit ${limits}; ${run}`, 'sh', command, ...args]]
}

function lowerPriority({ pid }: ChildProcess) {
  if (pid === undefined) return
  try {
    setPriority(pid, idlePriority)
  } catch {
    // It has ended already, or the system does not let us: reading at normal priority is no failure.
  }
}

/** Linux counts processor time in hundredths of a second, whatever the machine: proc(5). */
const msPerTick = 10

/** User and system time of a process that runs. */
function cpuMsOf({ pid }: ChildProcess): number | null {
  try {
    const [, rest = ''] = readFileSync(`/proc/${pid}/stat`, 'utf8').split(/\) (?!.*\) )/)
    const fields = rest.split(' ')
    const ticks = Number(fields[11]) + Number(fields[12])
    return Number.isNaN(ticks) ? null : ticks * msPerTick
  } catch {
    return null
  }
}

const watchEveryMs = 100

/** Room for what is allocated between two looks. */
const marginMb = 64

/** Where there is no /proc, the limits of the heap are all there is. */
function watchMemory({ pid }: ChildProcess, { memoryMb }: DocumentLimits, exceeded: () => void): NodeJS.Timeout {
  return setInterval(async () => {
    const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '')
    const residentKb = Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0)
    if (residentKb > (memoryMb - marginMb) * 1024) exceeded()
  }, watchEveryMs)
}

const maxLineLength = 1_000_000

interface LineOptions {
  onLine(line: string): void
  limits: DocumentLimits
  tooMuch(): void
}

function readLines(stream: Readable, { onLine, limits, tooMuch }: LineOptions) {
  // Text doubles at most as JSON, but for control characters; offsets and headings come on top.
  let left = limits.characters * 8 + maxLineLength
  let open = ''
  stream.setEncoding('utf8')
  stream.on('data', (chunk: string) => {
    left -= chunk.length
    const lines = (open + chunk).split('\n')
    open = lines.pop() ?? ''
    if (left < 0 || open.length > maxLineLength) return tooMuch()
    for (const line of lines) onLine(line)
  })
}

function beginningOf(stream: Readable | null): () => string {
  let text = ''
  stream?.setEncoding('utf8').on('data', (chunk: string) => {
    if (text.length < 4000) text += chunk.slice(0, 4000 - text.length)
  })
  return () => text
}
