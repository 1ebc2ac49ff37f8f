/** Tokens a model takes in where nobody says: small enough for any current model. */
export const unknownContextWindow = 8192

/**
 * Tokens that a model takes, prompt and answer together, by its published model card; `null` for an unknown one. Serves
 * until, and where, the provider's own list says it. The vendor's prefix (`meta-llama/`) does not matter.
 */
export function knownContextWindow(model: string): number | null {
  const name = model.slice(model.lastIndexOf('/') + 1).toLowerCase()
  return windows.find(([pattern]) => pattern.test(name))?.[1] ?? null
}

/** https://platform.openai.com/docs/models, https://console.groq.com/docs/models; the first match counts. */
const windows: readonly [RegExp, number][] = [
  [/^gpt-oss/, 131_072],
  [/^gpt-6/, 1_050_000],
  [/^gpt-5.*chat/, 128_000],
  [/^gpt-5/, 400_000],
  [/^gpt-4\.1/, 1_047_576],
  [/^gpt-4o/, 128_000],
  [/^o[134]/, 128_000],
  [/^llama-3\.[123]/, 131_072],
]
