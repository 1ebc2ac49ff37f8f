import { Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

const stopSignals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
export type StopSignal = (typeof stopSignals)[number]

/** Resolves with the name of the next signal that asks the process to stop. */
export function nextStopSignal(): Promise<StopSignal> {
  return new Promise((resolve) => {
    const stop = (signal: StopSignal) => {
      for (const name of stopSignals) process.off(name, stop)
      resolve(signal)
    }
    for (const name of stopSignals) process.on(name, stop)
  })
}

/** Resolves when the process at the other end of this pipe has gone. Never, where there is no pipe. */
export function otherEndGone(fd: number | undefined): Promise<void> {
  return new Promise((resolve) => {
    if (fd === undefined) return
    new Socket({ fd })
      .on('error', () => resolve())
      .on('close', () => resolve())
      .resume()
      .unref()
  })
}

/**
 * Ends the process with code 130 at the next signal: whoever asks twice does not want to wait. What comes within the
 * first second does not count, since one signal may arrive twice at once: sent to the group, and passed on.
 */
export async function exitAtNextSignal(): Promise<void> {
  await Promise.race([sleep(1000, undefined, { ref: false }), swallowSignals()])
  await nextStopSignal()
  process.exit(130)
}

async function swallowSignals(): Promise<never> {
  for (;;) await nextStopSignal()
}

/**
 * Lets signals pass: they go to a process that decides for this one as well, and often to the whole group at once
 * (Ctrl-C, a service manager).
 */
export function ignoreSignals(): void {
  for (const name of [...stopSignals, 'SIGUSR2']) process.on(name, () => undefined)
}
