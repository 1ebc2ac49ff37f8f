/** Runs jobs of the same key one after the other, in the order of their arrival; keys do not wait for each other. */
export function createTurns(): <T>(key: string, job: () => Promise<T>) => Promise<T> {
  const last = new Map<string, Promise<unknown>>()
  return async (key, job) => {
    const result = (last.get(key) ?? Promise.resolve()).then(job)
    const settled = result.then(ignore, ignore)
    last.set(key, settled)
    try {
      return await result
    } finally {
      if (last.get(key) === settled) last.delete(key)
    }
  }
}

function ignore(): void {}
