export interface BatcherOptions<I, O> {
  /** Does the work of several callers at once; answers in the order of the items. */
  run(items: I[]): Promise<O[]>
  /** How many batches may be under way. */
  lanes: number
  maxItems: number
  /** While a batch is under way, another begins only for so many items: several small ones cost more than one. Default 1. */
  worthALane?: number
  /** Whether the items of a failed batch may be tried again, each alone. */
  retriesAlone(error: unknown): boolean
}

/**
 * Lets callers that come while others are being served share the next round trip. One that finds nothing under way goes
 * at the end of this round of the event loop, with all who came in it, so an idle system adds no delay to speak of; under
 * load the batches grow by themselves. When a batch of several fails, each is tried once alone, so that one caller's
 * fault is not another's.
 */
export function createBatcher<I, O>({
  run,
  lanes,
  maxItems,
  worthALane = 1,
  retriesAlone,
}: BatcherOptions<I, O>): (item: I) => Promise<O> {
  interface Waiting {
    item: I
    resolve: (result: O) => void
    reject: (error: unknown) => void
  }
  const waiting: Waiting[] = []
  let busy = 0

  return (item) =>
    new Promise<O>((resolve, reject) => {
      waiting.push({ item, resolve, reject })
      if (busy > 0 && (busy >= lanes || waiting.length < worthALane)) return
      busy += 1
      setImmediate(serve)
    })

  async function serve(): Promise<void> {
    while (waiting.length > 0 && (busy === 1 || waiting.length >= worthALane)) {
      await runBatch(waiting.splice(0, maxItems))
    }
    busy -= 1
  }

  async function runBatch(batch: Waiting[]): Promise<void> {
    try {
      const results = await run(batch.map(({ item }) => item))
      batch.forEach(({ resolve }, index) => {
        resolve(results[index] as O)
      })
    } catch (error) {
      if (batch.length === 1 || !retriesAlone(error)) for (const { reject } of batch) reject(error)
      // Not waited for: the one that was in the way must not keep the lane.
      else for (const one of batch) void runBatch([one])
    }
  }
}
