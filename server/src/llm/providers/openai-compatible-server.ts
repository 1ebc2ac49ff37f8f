import { openAiCompatible } from '../openai-compatible/dialect.ts'

/**
 * A server of one's own: Ollama (https://docs.ollama.com/api/openai-compatibility), vLLM
 * (https://docs.vllm.ai/en/latest/serving/openai_compatible_server.html), llama.cpp and others. It needs an address, a key
 * only if the server wants one, and has no default model: the first that it lists is taken.
 */
export const openAiCompatibleServer = openAiCompatible({
  id: 'openai-compatible',
  name: 'OpenAI-compatible server',
  defaultModel: '',
  maxTokensField: 'max_tokens',
  isChatModel: ({ id }) => !/embed|rerank|whisper/i.test(String(id)),
})
