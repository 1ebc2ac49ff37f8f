import { z } from 'zod'
import {
  between,
  commaSeparated,
  httpUrl,
  key,
  modelPrice,
  oneOf,
  type Setting,
  setting,
  whole,
} from './setting-kinds.ts'

/** Settings of the models that answer. */
export const modelSettings = {
  LLM_PROVIDER: setting(
    oneOf('groq', 'openai', 'openrouter', 'openai-compatible', 'demo').optional(),
    'Default provider of projects that choose none.',
    { unset: 'the first with a key, in the order groq, openai, openrouter, openai-compatible; else demo' },
  ),
  LLM_MODEL: setting(z.string().min(1).max(200).optional(), 'Default model, used with the default provider.', {
    unset: '`llama-3.3-70b-versatile` on Groq, a sensible one elsewhere',
  }),
  LLM_TEMPERATURE: setting(between(0, 2).default(0.7), 'Randomness of answers, 0 to 2.'),
  LLM_MAX_TOKENS: setting(whole(1, 1_000_000).default(1000), 'Length limit of an answer in tokens.'),
  LLM_HISTORY_TOKENS: setting(
    whole(100, 10_000_000).default(8000),
    'How much of the conversation goes to the model with a new question, in tokens; the window of the model is a limit of its own.',
  ),
  LLM_TIMEOUT: setting(between(1, 600).default(30), 'Seconds to wait for the first part of an answer.'),
  MODEL_PRICES: setting(
    commaSeparated.pipe(z.array(modelPrice)),
    'Prices of models that have no list price here, or another one for you: `provider/model=input/output` in US dollars per million tokens, comma-separated; `*` stands for every model of the provider. Budgets in dollars want a price.',
    {
      unset: 'the list prices of OpenAI and Groq, and what OpenRouter reports',
      example: 'openai-compatible/*=0/0,openrouter/qwen/qwen3-32b=0.1/0.45',
    },
  ),
  DEMO_DELAY: setting(whole(0, 10_000).default(20), 'Milliseconds between two words of the demo provider.'),
  GROQ_API_KEY: setting(key(), 'Groq key (free): https://console.groq.com/keys', { secret: true }),
  GROQ_BASE_URL: setting(httpUrl(), 'Another address for Groq.', { unset: '`https://api.groq.com/openai/v1`' }),
  OPENAI_API_KEY: setting(key(), 'OpenAI key (paid): https://platform.openai.com/api-keys', { secret: true }),
  OPENAI_BASE_URL: setting(httpUrl(), 'Another address for OpenAI.', { unset: '`https://api.openai.com/v1`' }),
  OPENROUTER_API_KEY: setting(key(), 'OpenRouter key (paid): https://openrouter.ai/keys', { secret: true }),
  OPENROUTER_BASE_URL: setting(httpUrl(), 'Another address for OpenRouter.', {
    unset: '`https://openrouter.ai/api/v1`',
  }),
  OPENAI_COMPATIBLE_BASE_URL: setting(httpUrl(), 'Any server with an OpenAI-compatible API: Ollama, vLLM, llama.cpp.', {
    example: 'http://localhost:11434/v1',
  }),
  OPENAI_COMPATIBLE_API_KEY: setting(key(), 'Key for that server, if it wants one.', { secret: true }),
} satisfies Record<string, Setting>
