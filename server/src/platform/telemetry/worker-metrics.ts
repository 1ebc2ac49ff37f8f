import cluster, { type Worker } from 'node:cluster'
import type { Metrics } from './metrics.ts'
import { labelled, mergeTexts } from './metrics-text.ts'

/** What the main process asks a worker, and what comes back. */
interface MetricsRequest {
  type: 'metrics'
  id: number
}
interface MetricsReply extends MetricsRequest {
  text: string
}

/** A worker that is busy or on its way is left out rather than waited for. */
const replyTimeoutMs = 2000

/** In a worker: answers the main process when that asks for metrics. */
export function answerMetricsRequests(metrics: Metrics): () => void {
  const answer = async (message: unknown) => {
    if (!isMetrics(message)) return
    const text = await metrics.text()
    if (process.connected) process.send?.({ ...message, text } satisfies MetricsReply)
  }
  process.on('message', answer)
  return () => void process.off('message', answer)
}

/**
 * In the main process: the metrics of all workers, each with a label `worker`, the lowest number from 1 that no other
 * living worker has. Sums would fall when a worker goes, and Prometheus would take that for a restart of all.
 */
export function createWorkerMetrics(): { text(): Promise<string>; contentType: string } {
  const numbers = new Map<number, number>()
  const waiting = new Map<string, (text: string) => void>()
  let requests = 0
  cluster.on('message', (worker, message: unknown) => {
    if (isMetrics(message) && 'text' in message) waiting.get(`${worker.id} ${message.id}`)?.(String(message.text))
  })
  cluster.on('exit', ({ id }) => void numbers.delete(id))

  return {
    contentType: 'text/plain; version=0.0.4; charset=utf-8',
    async text() {
      const workers = Object.values(cluster.workers ?? {}).filter((worker) => worker?.isConnected() === true)
      const texts = await Promise.all(
        workers.map(async (worker) => (worker ? labelled(await ask(worker), numberOf(worker)) : '')),
      )
      return mergeTexts(texts)
    },
  }

  function ask(worker: Worker): Promise<string> {
    const request: MetricsRequest = { type: 'metrics', id: ++requests }
    const key = `${worker.id} ${request.id}`
    return new Promise<string>((resolve) => {
      const timer = setTimeout(resolve, replyTimeoutMs, '')
      waiting.set(key, (text) => {
        clearTimeout(timer)
        resolve(text)
      })
      worker.send(request, (error) => {
        if (error) resolve('')
      })
    }).finally(() => waiting.delete(key))
  }

  function numberOf({ id }: Worker): number {
    const known = numbers.get(id)
    if (known !== undefined) return known
    const taken = new Set(numbers.values())
    let number = 1
    while (taken.has(number)) number++
    numbers.set(id, number)
    return number
  }
}

function isMetrics(message: unknown): message is MetricsRequest & { text?: unknown } {
  return typeof message === 'object' && message !== null && 'type' in message && message.type === 'metrics'
}
