import { sql } from 'drizzle-orm'
import { expect, test } from 'vitest'
import { createProject, startTestApp } from '../support/app.ts'
import { scopeOf } from '../usage/usage-events.ts'
import { untilRead, upload, uploadOne } from './uploads.ts'

test('who brings many documents does not keep those waiting who bring one', { timeout: 90_000 }, async () => {
  const app = await startTestApp({ env: { RUN_JOBS: 'false', INDEX_CONCURRENCY: '1' } })
  try {
    const [crowd, single] = [await app.user(), await app.user()]
    const crowded = await createProject(crowd)
    const many = Object.fromEntries(Array.from({ length: 6 }, (_, number) => [`${number}.txt`, `Page ${number}.`]))
    const first = await upload(crowd, crowded, many)
    const one = await uploadOne(single, await createProject(single), 'one.txt', 'Of another workspace.')

    await app.server.deps.jobs.open({ work: true })
    const files = first.flatMap(({ file }) => (file ? [file] : []))
    expect(files).toHaveLength(6)
    const read = [await untilRead(single, one)]
    for (const file of files) read.push(await untilRead(crowd, file))
    expect(read.map(({ state }) => state)).toEqual(Array.from(read, () => 'ready'))

    const indexedAt = new Map<string, Date>()
    for (const user of [crowd, single]) {
      const rows = await app.server.deps.db.tenant(scopeOf(user), (tx) =>
        tx.execute<{ name: string; indexed_at: Date }>(sql`SELECT name, indexed_at FROM files ORDER BY indexed_at`),
      )
      for (const row of rows.rows) indexedAt.set(row.name, row.indexed_at)
    }
    const order = [...indexedAt].sort(([, a], [, b]) => Number(new Date(a)) - Number(new Date(b))).map(([name]) => name)
    expect(order).toEqual(['0.txt', 'one.txt', '1.txt', '2.txt', '3.txt', '4.txt', '5.txt'])
  } finally {
    await app.close()
  }
})
