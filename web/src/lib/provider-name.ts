import { useTranslation } from '../i18n/use-translation.ts'

/** Vendors by the names they give themselves, the same in every language. */
const properNames: Record<string, string> = { groq: 'Groq', openai: 'OpenAI', openrouter: 'OpenRouter' }

/** The name of a provider as people know it; one that is not known here goes by its id. */
export function useProviderName(): (id: string) => string {
  const { t } = useTranslation()
  return (id) => {
    if (id === 'demo' || id === 'openai-compatible') return t(`providers.${id}`)
    return properNames[id] ?? id
  }
}
