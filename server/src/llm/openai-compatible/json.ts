/** A parsed JSON object whose members nobody has checked yet. */
export type JsonObject = { [member: string]: unknown }

/** The value where it is a JSON object, else `null`. */
export function asObject(value: unknown): JsonObject | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : null
}

/** What an `integer` column holds at most; a count of tokens beyond it is nonsense. */
const maxCount = 2_147_483_647

/** The value where it is a whole number from 0 that can be stored, else `null`. */
export function asCount(value: unknown): number | null {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= maxCount ? value : null
}

/** Parses JSON; `undefined` where it is none (which no JSON text means). */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
