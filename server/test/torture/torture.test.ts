import { expect, test } from 'vitest'
import { main } from '../../torture/main.ts'

const timeoutMs = 120_000

test('three kills under load lose nothing that was acknowledged', { timeout: timeoutMs }, async () => {
  const lines: string[] = []
  // A machine that runs other tests beside this one may take its time.
  const args = ['--cycles', '3', '--postgres-restarts', '1', '--seed', '1', '--clients', '8', '--ready-seconds', '30']
  const code = await main(args, (line) => void lines.push(line))
  expect({ code, report: lines.join('\n') }).toMatchObject({
    code: 0,
    report: expect.stringContaining('Nothing acknowledged was lost or altered.'),
  })
  const turns = Number(lines.join('\n').match(/turns acknowledged +(\d+)/)?.[1])
  expect(turns).toBeGreaterThan(20)
})
