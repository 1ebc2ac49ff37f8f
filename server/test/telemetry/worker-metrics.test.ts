import { contract } from '@chatbot-platform/contract'
import { expect, test } from 'vitest'
import { loadConfig } from '../../src/config.ts'
import { labelled, mergeTexts } from '../../src/platform/telemetry/metrics-text.ts'
import { openScene } from '../operations/scene.ts'
import { freePort } from '../support/free-port.ts'
import { sampleOf } from './samples.ts'

test('the texts of several workers become one, with each metric described once', () => {
  const text = '# HELP m About it.\n# TYPE m counter\nm{a="1"} 2\n\n# HELP n Other.\n# TYPE n gauge\nn 0.5\n'
  expect(mergeTexts([labelled(text, 1), '', labelled(text, 2)])).toBe(
    [
      '# HELP m About it.\n# TYPE m counter\nm{worker="1",a="1"} 2\nm{worker="2",a="1"} 2\n',
      '# HELP n Other.\n# TYPE n gauge\nn{worker="1"} 0.5\nn{worker="2"} 0.5\n',
    ].join('\n'),
  )
})

test('one port tells the numbers of all workers, each under its own', async () => {
  const port = await freePort()
  const scene = await openScene({ WORKERS: '2', METRICS_PORT: String(port) })
  try {
    const body = { project_id: scene.project.id, message: 'Hello?' }
    let text = ''
    let sent = 0
    const labels = { outcome: 'complete', provider: 'openai-compatible', model: 'test-model' }
    const turns = () => ['1', '2'].map((worker) => sampleOf(text, 'chatbot_turns_total', { ...labels, worker }) ?? 0)
    // Who answers is chance: the workers share a socket.
    while (sent < 4 || (sent < 200 && Math.min(...turns()) === 0)) {
      await scene.anyWorker.call(contract.chat.send, { body })
      sent += 1
      text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text()
    }
    expect(turns().reduce((sum, count) => sum + count)).toBe(sent)
    expect(Math.min(...turns())).toBeGreaterThan(0)
    expect(sampleOf(text, 'chatbot_runs', { phase: 'streaming', worker: '2' })).toBe(0)
    expect(text.match(/^# TYPE chatbot_turns_total /gm)).toHaveLength(1)
  } finally {
    await scene.close()
  }
}, 120_000)

test('several workers do not serve metrics on the port of the API', () => {
  const env = { WORKERS: '2', METRICS_TOKEN: 'a-token-of-scrapers' }
  expect(() => loadConfig(env, null)).toThrow('METRICS_TOKEN: with WORKERS above 1 set METRICS_PORT as well')
  expect(loadConfig({ ...env, METRICS_PORT: '9464' }, null).workers).toBe(2)
})
