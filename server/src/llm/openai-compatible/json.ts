/** A parsed JSON object whose members nobody has checked yet. */
export type JsonObject = { [member: string]: unknown }

/** The value where it is a JSON object, else `null`. */
export function asObject(value: unknown): JsonObject | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : null
}

/** The value where it is a whole number from 0, else `null`. */
export function asCount(value: unknown): number | null {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : null
}

/** Parses JSON; `undefined` where it is none (which no JSON text means). */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
