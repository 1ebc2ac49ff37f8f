import { useSyncExternalStore } from 'react'
import { storage } from './storage.ts'

export type Theme = 'system' | 'light' | 'dark'

const listeners = new Set<() => void>()

/** The chosen theme and how to choose another; kept on this device. */
export function useTheme(): [Theme, (theme: Theme) => void] {
  return [useSyncExternalStore(subscribe, currentTheme), chooseTheme]
}

/** Follows a choice made in another tab. */
export function followTheme(): void {
  addEventListener('storage', ({ key, newValue }) => {
    if (key === 'theme') showTheme(newValue)
  })
}

function currentTheme(): Theme {
  const { theme } = document.documentElement.dataset
  return theme === 'light' || theme === 'dark' ? theme : 'system'
}

function chooseTheme(theme: Theme): void {
  if (theme === 'system') storage?.removeItem('theme')
  else storage?.setItem('theme', theme)
  showTheme(theme)
}

function showTheme(theme: string | null): void {
  if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme
  else delete document.documentElement.dataset.theme
  for (const listener of listeners) listener()
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}
