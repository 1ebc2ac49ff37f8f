import { openAiCompatible } from '../openai-compatible/dialect.ts'
import { asObject } from '../openai-compatible/json.ts'

/**
 * https://openrouter.ai/docs/api/reference/overview. It names the application by two headers
 * (https://openrouter.ai/docs/app-attribution) and always reports usage and cost; `usage: {include: true}` has no effect
 * any more (https://openrouter.ai/docs/use-cases/usage-accounting). Parameters a model does not know it drops itself.
 */
export const openrouter = openAiCompatible({
  id: 'openrouter',
  name: 'OpenRouter',
  baseUrl: 'https://openrouter.ai/api/v1',
  defaultModel: 'meta-llama/llama-3.3-70b-instruct',
  maxTokensField: 'max_tokens',
  headers: (appUrl) => ({
    'HTTP-Referer': appUrl,
    'X-OpenRouter-Title': 'Chatbot Platform',
    'X-Title': 'Chatbot Platform',
  }),
  isChatModel: ({ architecture }) => {
    const modalities = asObject(architecture)?.output_modalities
    return !Array.isArray(modalities) || modalities.includes('text')
  },
})
