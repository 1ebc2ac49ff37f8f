import { DocumentError, type DocumentLimits } from './document.ts'
import type { Ending } from './reader-process.ts'

/** Node ends with this code when it waits for something that can no longer happen. */
const unsettledCode = 13

/** How a parser, or the limits set by the shell, can bring the process down. */
const crashSignals = new Set(['SIGABRT', 'SIGTRAP', 'SIGILL', 'SIGSEGV', 'SIGBUS', 'SIGFPE', 'SIGXFSZ'])

/** What a process that ended without a document says about it: a DocumentError where the document is to blame. */
export function errorOf(ending: Ending, limits: DocumentLimits): Error {
  const { code, signal, stopped, complaint } = ending
  if (isStarved(ending, limits)) return new Error('The process that reads documents hardly got any processor time.')
  if (stopped === 'timeout' || signal === 'SIGXCPU') {
    const seconds = Math.ceil(limits.timeMs / 1000)
    return new DocumentError(
      'timeout',
      `Reading this file took longer than ${seconds} seconds. Split it into smaller files.`,
    )
  }
  if (stopped === 'out_of_memory' || (signal && /out of memory|allocat/i.test(complaint))) return outOfMemory()
  if (stopped === 'too_much_output' || (signal && crashSignals.has(signal)) || code === 0 || code === unsettledCode)
    return brokenDocument()
  return new Error(`The process that reads documents was lost (${signal ?? `code ${code}`}).`)
}

/** A document that is hard to read takes all of the time that it gets; of one that got none nothing is known. */
const leastCpuShare = 0.1

function isStarved({ stopped, cpuMs }: Ending, { timeMs }: DocumentLimits): boolean {
  return stopped === 'timeout' && cpuMs !== null && cpuMs < timeMs * leastCpuShare
}

export function outOfMemory(): DocumentError {
  return new DocumentError(
    'out_of_memory',
    'Reading this file needs more memory than is allowed. Split it into smaller files.',
  )
}

export function brokenDocument(): DocumentError {
  return new DocumentError(
    'broken',
    'This file is damaged or not what its name says. Open it in its program and save it anew.',
  )
}
