import { readFile } from 'node:fs/promises'

/** Numbers of the processes this one has started and that have not ended. */
export async function childProcesses(): Promise<number[]> {
  const list = await readFile(`/proc/${process.pid}/task/${process.pid}/children`, 'utf8')
  return list.trim().split(' ').filter(Boolean).map(Number)
}

/** Follows the peak of resident memory, in MiB, of each of the processes started until it is stopped. */
export function watchMemory(): { stop(): number } {
  let peakMb = 0
  const timer = setInterval(async () => {
    for (const pid of await childProcesses()) {
      const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '')
      peakMb = Math.max(peakMb, Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024)
    }
  }, 20)
  return {
    stop() {
      clearInterval(timer)
      return peakMb
    },
  }
}
