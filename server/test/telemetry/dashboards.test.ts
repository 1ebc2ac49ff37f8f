import { readdirSync, readFileSync } from 'node:fs'
import { errorStatus, MessageState } from '@chatbot-platform/contract'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { openMonitoring } from '../../src/platform/telemetry/monitoring.ts'
import { startTestApp, type TestApp } from '../support/app.ts'

const deploy = new URL('../../../deploy/', import.meta.url)
const documentation = readFileSync(new URL('../../../docs/monitoring.md', import.meta.url), 'utf8')

interface Rule {
  alert: string
  expr: string
  for?: string
  labels: { severity: string }
  annotations: { summary: string }
}

interface Panel {
  id: number
  type: string
  title: string
  gridPos: { x: number; w: number }
  targets?: { expr: string; legendFormat: string }[]
}

const rules = readYaml<{ groups: { rules: Rule[] }[] }>('prometheus/alerts.yaml').groups.flatMap((group) => group.rules)
const dashboard = JSON.parse(readFileSync(new URL('grafana/chatbot-platform.json', deploy), 'utf8')) as {
  panels: Panel[]
}
const charts = dashboard.panels.filter(({ type }) => type !== 'row')

/** Labels by metric, as a started server has them. */
const known = new Map<string, Set<string>>()
let app: TestApp

beforeAll(async () => {
  const metrics = { port: 0, host: '127.0.0.1', token: null }
  const monitoring = await openMonitoring({ metrics, tracing: null, sentry: null }, '0.0.0')
  app = await startTestApp({ env: { METRICS_PORT: '0' }, given: { monitoring } })
  for (const metric of monitoring.metrics?.registry.getMetricsAsArray() ?? []) {
    const { labelNames = [] } = metric as { labelNames?: readonly string[] }
    const isHistogram = String(metric.type) === 'histogram'
    const names = isHistogram ? ['_bucket', '_sum', '_count'].map((part) => metric.name + part) : [metric.name]
    for (const name of names) known.set(name, new Set([...labelNames, ...(isHistogram ? ['le'] : [])]))
  }
})

afterAll(() => app.close())

const expressions = [
  ...rules.map(({ alert, expr }) => [`alert ${alert}`, expr] as const),
  ...charts.flatMap(({ title, targets = [] }) => targets.map(({ expr }) => [`panel ${title}`, expr] as const)),
]

/** Labels that Prometheus adds, and the one that tells the processes of one server apart. */
const addedLabels = ['job', 'instance', 'worker']
const addedMetrics = ['up']

test.each(expressions)('%s asks for metrics and labels that a server has', (_, expression) => {
  const metrics = metricsIn(expression)
  expect(metrics.length).toBeGreaterThan(0)
  const unknown = metrics.filter((name) => !known.has(name) && !addedMetrics.includes(name))
  expect(unknown).toEqual([])
  const labels = new Set([...addedLabels, ...metrics.flatMap((name) => [...(known.get(name) ?? [])])])
  expect(labelsIn(expression).filter((name) => !labels.has(name))).toEqual([])
})

test.each(expressions)('%s compares labels with values that they may have', (_, expression) => {
  const values: Record<string, string[]> = {
    outcome: MessageState.options,
    code: Object.keys(errorStatus),
    state: ['closed', 'half_open', 'open', 'waiting', 'dead', 'active', 'idle'],
    status: ['1xx', '2xx', '3xx', '4xx', '5xx'],
    job: ['chatbot', '$job'],
    reason: ['full', 'share'],
  }
  for (const [, name = '', given = ''] of expression.matchAll(/(\w+)\s*[!=]~?"([^"]*)"/g))
    for (const value of given.split('|')) expect(values[name]).toContain(value)
})

test('a metric that does not exist would be found', () => {
  expect(metricsIn('sum by (le) (rate(chatbot_turns_total_typo{outcome="x"}[5m])) > 1')).toEqual([
    'chatbot_turns_total_typo',
  ])
  expect(labelsIn('max by (a, b) (m{c="d", e=~"f"})')).toEqual(['a', 'b', 'c', 'e'])
})

describe('alert rules', () => {
  test.each(rules.map((rule) => [rule.alert, rule] as const))('%s is complete and documented', (alert, rule) => {
    expect(rule).toMatchObject({ labels: { severity: expect.stringMatching(/^(critical|warning)$/) } })
    expect(rule.for ?? '1m').toMatch(/^\d+[smh]$/)
    expect(rule.annotations.summary).not.toBe('')
    expect(documentation).toContain(`\`${alert}\``)
  })

  test('are loaded by the example for Prometheus, which scrapes the default of the documentation', () => {
    const { rule_files: files, scrape_configs: jobs } = readYaml<{
      rule_files: string[]
      scrape_configs: { job_name: string; static_configs: { targets: string[] }[] }[]
    }>('prometheus/prometheus.yaml')
    expect(readdirSync(new URL('prometheus/', deploy))).toEqual(expect.arrayContaining(files))
    expect(jobs).toMatchObject([{ job_name: 'chatbot', static_configs: [{ targets: ['127.0.0.1:9464'] }] }])
    expect(documentation).toContain('METRICS_PORT=9464')
  })
})

describe('the dashboard', () => {
  test('has panels that do not share ids and fit the grid', () => {
    expect(new Set(dashboard.panels.map(({ id }) => id)).size).toBe(dashboard.panels.length)
    expect(charts.filter(({ gridPos }) => gridPos.x + gridPos.w > 24)).toEqual([])
  })

  test('names in its legends only labels that the query keeps', () => {
    for (const { targets = [] } of charts)
      for (const { expr, legendFormat } of targets)
        for (const [, label = ''] of legendFormat.matchAll(/\{\{(\w+)\}\}/g)) expect(labelsIn(expr)).toContain(label)
  })
})

test('every metric of the platform itself is documented', () => {
  const names = [...known.keys()].filter((name) => name.startsWith('chatbot_'))
  const metrics = new Set(names.map((name) => name.replace(/_(bucket|sum|count)$/, '')))
  expect(metrics.size).toBeGreaterThan(10)
  expect([...metrics].filter((name) => !documentation.includes(`\`${name}\``))).toEqual([])
})

function metricsIn(expression: string): string[] {
  const bare = expression.replace(/"[^"]*"/g, '""').replace(/\b(by|without)\s*\([^)]*\)/g, '')
  const words = bare.replace(/\{[^}]*\}|\[[^\]]*\]/g, '').matchAll(/\b([a-z_][a-z0-9_]*)\b(?!\s*\()/g)
  return [...words].map(([word]) => word).filter((word) => word.includes('_') || addedMetrics.includes(word))
}

function labelsIn(expression: string): string[] {
  const grouped = [...expression.matchAll(/\bby\s*\(([^)]*)\)/g)].flatMap(([, list = '']) => list.split(/\s*,\s*/))
  const matched = [...expression.matchAll(/(\w+)\s*[!=]~?"/g)].map(([, name = '']) => name)
  return [...grouped, ...matched]
}

function readYaml<T>(path: string): T {
  return parse(readFileSync(new URL(path, deploy), 'utf8'))
}
