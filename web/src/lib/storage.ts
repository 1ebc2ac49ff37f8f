/** Where unsent text, drafts and choices of look are kept; nothing secret. Undefined where the browser forbids it. */
export const storage: Storage | undefined = openStorage()

/** What belongs to the device, whoever is signed in. */
const ofDevice = new Set(['theme', 'language', 'demo-banner'])

/** Forgets what one person left on this device: drafts, unsent text, what was used last. Choices of look stay. */
export function forgetPerson(): void {
  if (!storage) return
  for (const key of Object.keys(storage)) if (!ofDevice.has(key)) storage.removeItem(key)
}

function openStorage(): Storage | undefined {
  try {
    localStorage.setItem('probe', '')
    localStorage.removeItem('probe')
    return localStorage
  } catch {
    return undefined
  }
}
