import { openAiCompatible } from '../openai-compatible/dialect.ts'

/**
 * https://platform.openai.com/docs/api-reference/chat/create. Every model takes `max_completion_tokens`; `max_tokens` is
 * deprecated. The default is the model that https://platform.openai.com/docs/deprecations names for all that it retires.
 */
export const openai = openAiCompatible({
  id: 'openai',
  name: 'OpenAI',
  baseUrl: 'https://api.openai.com/v1',
  defaultModel: 'gpt-6-luna',
  alternativeModels: ['gpt-4.1-mini', 'gpt-4o-mini'],
  maxTokensField: 'max_completion_tokens',
  takesTemperature: (model) => !isReasoningModel(model),
  // Left to itself the default model would spend a short limit on reasoning and answer nothing.
  extraFields: ({ model }) => (model === 'gpt-6-luna' ? { reasoning_effort: 'none' } : {}),
  isChatModel: ({ id }) => /^(gpt-|o\d|chatgpt-|ft:)/.test(String(id)) && !otherKinds.test(String(id)),
})

/** Lists hold speech, image and completion models under the same prefixes. */
const otherKinds = /audio|realtime|transcribe|tts|image|instruct|search|embedding|deep-research/

/**
 * Whether a model reasons and so refuses a temperature: the o-series (`o1`, `o3-mini`, `o4-mini`), `gpt-5` and all
 * later families, and fine-tuned models on them (https://platform.openai.com/docs/guides/reasoning). A chat variant that
 * would take one does without; leaving it out is never refused.
 */
function isReasoningModel(model: string): boolean {
  return /^(ft:)?(openai\/)?(o\d|gpt-([5-9]|\d{2,})|codex|chat-latest)/.test(model)
}
