import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ConfigError, loadConfig } from '../../src/config.ts'

const load = (env: Record<string, string>) => loadConfig(env, null)

function problemsOf(env: Record<string, string>, envFile: string | null = null): string[] {
  try {
    loadConfig(env, envFile)
  } catch (error) {
    if (error instanceof ConfigError) return error.problems
    throw error
  }
  return []
}

/** Where `npm run build` puts the web app. */
const webDir = fileURLToPath(new URL('../../../web/dist', import.meta.url))

test('a price is read with a model name that has slashes and colons, and a wrong one is named', () => {
  const { prices } = load({ MODEL_PRICES: 'openai-compatible/*=0/0, openrouter/qwen/qwen3:free=0.1/0.45' }).llm
  expect(prices).toEqual([
    { provider: 'openai-compatible', model: '*', input: 0, output: 0 },
    { provider: 'openrouter', model: 'qwen/qwen3:free', input: 0.1, output: 0.45 },
  ])
  expect(problemsOf({ MODEL_PRICES: 'gpt-4o=1/2' })).toEqual([
    expect.stringMatching(/^MODEL_PRICES: .*provider\/model/),
  ])
})

describe('without any variable', () => {
  test('the defaults of the original apply', () => {
    const { auth, llm, log, http } = load({})
    expect(auth).toMatchObject({ algorithm: 'HS256', accessTokenSeconds: 1800 })
    expect(llm).toMatchObject({ temperature: 0.7, maxTokens: 1000, firstByteTimeoutMs: 30_000, defaultModel: null })
    expect(log.level).toBe('info')
    expect(http).toEqual({ host: '127.0.0.1', port: 8000, corsOrigins: [], trustProxy: false, webDir })
  })

  test('nothing is required, and no provider or database is chosen', () => {
    const { database, secretKey, production, llm } = load({})
    expect([database.url, secretKey, production, llm.defaultProvider, llm.groq.apiKey]).toEqual([
      undefined,
      undefined,
      false,
      null,
      undefined,
    ])
  })
})

describe('a variable', () => {
  test('WORKERS is a number, or one for each core', () => {
    expect([load({}), load({ WORKERS: '3' })].map(({ workers }) => workers)).toEqual([1, 3])
    expect(load({ WORKERS: 'auto' }).workers).toBe(availableParallelism())
    for (const WORKERS of ['0', '100', '-1', '1.5', 'many'])
      expect(problemsOf({ WORKERS })).toEqual([expect.stringContaining('WORKERS: must be')])
  })

  test('of the original is read under its name', () => {
    const config = load({
      SECRET_KEY: 'f'.repeat(64),
      ALGORITHM: 'HS512',
      ACCESS_TOKEN_EXPIRE_MINUTES: '10080',
      DEBUG: 'True',
      LLM_PROVIDER: 'openrouter',
      LLM_MODEL: 'some/model',
      LLM_TEMPERATURE: '0',
      LLM_MAX_TOKENS: '250',
      LLM_TIMEOUT: '2.5',
      GROQ_API_KEY: 'gsk-1',
      OPENAI_API_KEY: 'sk-2',
      OPENROUTER_API_KEY: 'sk-or-v1-3',
    })
    expect(config).toMatchObject({ secretKey: 'f'.repeat(64), log: { level: 'debug' } })
    expect(config.auth).toMatchObject({ algorithm: 'HS512', accessTokenSeconds: 604_800 })
    expect(config.llm).toMatchObject({ defaultProvider: 'openrouter', defaultModel: 'some/model', temperature: 0 })
    expect(config.llm).toMatchObject({ maxTokens: 250, firstByteTimeoutMs: 2500 })
    const { groq, openai, openrouter } = config.llm
    expect([groq.apiKey, openai.apiKey, openrouter.apiKey]).toEqual(['gsk-1', 'sk-2', 'sk-or-v1-3'])
  })

  test('that is empty or blank counts as unset', () => {
    const { http, secretKey, llm } = load({ PORT: '', SECRET_KEY: ' ', GROQ_API_KEY: '', CORS_ORIGINS: ' ' })
    expect([http.port, secretKey, llm.groq.apiKey, http.corsOrigins]).toEqual([8000, undefined, undefined, []])
  })

  test.each([
    ['postgresql+asyncpg://user:pass@localhost:5432/db', 'postgresql://user:pass@localhost:5432/db'],
    ['postgres://user:pass@db/name?ssl=require', 'postgresql://user:pass@db/name?sslmode=require'],
    ['postgresql:///db?host=/var/run/postgresql', 'postgresql:///db?host=/var/run/postgresql'],
  ])('%s is a database', (given, read) => {
    expect(load({ DATABASE_URL: given, DATABASE_OWNER_URL: given }).database).toMatchObject({
      url: read,
      ownerUrl: read,
    })
  })

  test('may list origins', () => {
    const { http } = load({ CORS_ORIGINS: 'https://app.example.com, http://localhost:5173,' })
    expect(http.corsOrigins).toEqual(['https://app.example.com', 'http://localhost:5173'])
  })

  test('makes cookies secure in production', () => {
    expect(load({ NODE_ENV: 'production' })).toMatchObject({ production: true, auth: { secureCookies: true } })
  })
})

describe('wrong variables', () => {
  const wrong = {
    PORT: 'eightthousand',
    DEBUG: 'perhaps',
    DATABASE_URL: 'mysql://root:hunter2@db/name',
    DATABASE_OWNER_URL: 'postgresql://owner:hun ter2@[db/name',
    SECRET_KEY: 'hunter2',
    ALGORITHM: 'none',
    CORS_ORIGINS: '*',
    LLM_PROVIDER: 'hunter2',
    LLM_TEMPERATURE: '2.1',
    LLM_MAX_TOKENS: '1.5',
    LLM_TIMEOUT: '-30',
    GROQ_API_KEY: 'hunter2 with a space',
    OPENAI_BASE_URL: 'file:///hunter2',
  }

  test('are told all at once, each by name with a reason', () => {
    const problems = problemsOf(wrong)
    expect(problems.map((problem) => problem.split(':')[0]).sort()).toEqual(Object.keys(wrong).sort())
    expect(problems).toContain('LLM_TEMPERATURE: must be at most 2')
    expect(problems).toContain('LLM_MAX_TOKENS: must be a whole number')
    expect(problems).toContain('ALGORITHM: must be one of HS256, HS384, HS512')
    for (const problem of problems) expect(problem).toMatch(/^[A-Z_]+: must (be|have) /)
  })

  test('never show their values', () => {
    const told = new ConfigError(problemsOf(wrong)).message
    for (const value of ['hunter2', 'hun ter2', 'eightthousand', 'perhaps', '-30', '2.1'])
      expect(told).not.toContain(value)
  })
})

describe('the .env file', () => {
  let folder: string
  let file: string

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'config-'))
    file = join(folder, '.env')
    await writeFile(
      file,
      '# a comment\nPORT=9000\nexport LLM_MODEL="model # one"\nLLM_MAX_TOKENS=\nGROQ_API_KEY=gsk-file # free\n',
    )
  })

  afterAll(() => rm(folder, { recursive: true }))

  test('lies beneath the environment, and its empty values count as unset', () => {
    const { http, llm } = loadConfig({ PORT: '9001', GROQ_API_KEY: '' }, file)
    expect([http.port, llm.defaultModel, llm.maxTokens, llm.groq.apiKey]).toEqual([
      9001,
      'model # one',
      1000,
      'gsk-file',
    ])
  })

  test('may be absent, but not unreadable', () => {
    expect(problemsOf({}, join(folder, 'absent'))).toEqual([])
    expect(problemsOf({}, folder)).toEqual([`${folder}: cannot be read`])
  })
})
