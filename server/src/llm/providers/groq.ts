import { openAiCompatible } from '../openai-compatible/dialect.ts'
import { asObject } from '../openai-compatible/json.ts'

/**
 * https://console.groq.com/docs/api-reference#chat-create. The usage of a stream is in `x_groq` of the last chunk.
 * https://console.groq.com/docs/deprecations names `openai/gpt-oss-120b` as what follows the default model, which a
 * key without an enterprise contract may no longer find.
 */
export const groq = openAiCompatible({
  id: 'groq',
  name: 'Groq',
  baseUrl: 'https://api.groq.com/openai/v1',
  defaultModel: 'llama-3.3-70b-versatile',
  alternativeModels: ['openai/gpt-oss-120b', 'openai/gpt-oss-20b'],
  maxTokensField: 'max_completion_tokens',
  usageOf: (chunk) => asObject(chunk.x_groq)?.usage ?? chunk.usage,
  isChatModel: ({ id, active }) => active !== false && !/whisper|tts|orpheus|guard/.test(String(id)),
})
