/**
 * How many tokens a model is likely to count for a text: about four letters of English to a token, fewer of other
 * scripts, one Chinese or Japanese character each. Good to about 20 %.
 */
export function estimateTokens(text: string): number {
  let tokens = 0
  for (let at = 0; at < text.length; at += 1) tokens += weightOf(text.charCodeAt(at))
  return Math.ceil(tokens)
}

/** Tokens per UTF-16 unit by block of Unicode. */
function weightOf(code: number): number {
  if (code < 0x80) return 0.25
  // Latin with diacritics.
  if (code < 0x250) return 0.4
  // Greek, Cyrillic, Hebrew, Arabic.
  if (code < 0x900) return 0.45
  // Scripts of India and South-East Asia.
  if (code < 0x1100) return 0.7
  if (code < 0x2e80) return 0.5
  // Chinese, Japanese, Korean; halves of surrogate pairs (emoji count two).
  return 1
}
