/** Monitoring was asked for and cannot be had; the message says what to do. */
export class TelemetryError extends Error {
  constructor(message: string, options: ErrorOptions = {}) {
    super(message, options)
    this.name = 'TelemetryError'
  }
}

/**
 * Loads packages that are no part of an installation until a setting asks for them. Throws `TelemetryError` with the
 * line that installs them where one is missing.
 */
export async function loadOptional<T>(setting: string, packages: string[], load: () => Promise<T>): Promise<T> {
  try {
    return await load()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw error
    const install = `npm install --no-save ${packages.join(' ')}`
    throw new TelemetryError(`${setting}: needs packages that are not installed: ${install}`, { cause: error })
  }
}
