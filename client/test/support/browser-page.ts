import type { Page } from '@chatbot-platform/client'

/** What a chat sees of a browser's window: it comes online, is hidden and shown. */
export interface BrowserPage extends Page {
  comeOnline(): void
  hide(): void
  show(): void
}

export function browserPage(): BrowserPage {
  const window = new EventTarget()
  const events = new EventTarget()
  const document = {
    visibilityState: 'visible',
    addEventListener: (type: string, listener: () => void) => events.addEventListener(type, listener),
    removeEventListener: (type: string, listener: () => void) => events.removeEventListener(type, listener),
  }
  const setVisibility = (visibilityState: string) => {
    document.visibilityState = visibilityState
    events.dispatchEvent(new Event('visibilitychange'))
  }
  return {
    document,
    addEventListener: (type, listener) => window.addEventListener(type, listener),
    removeEventListener: (type, listener) => window.removeEventListener(type, listener),
    comeOnline: () => void window.dispatchEvent(new Event('online')),
    hide: () => setVisibility('hidden'),
    show: () => setVisibility('visible'),
  }
}
