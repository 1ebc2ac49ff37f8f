import { storage } from '../lib/storage.ts'
import { createTranslation } from './translate.ts'
import { showTranslation } from './use-translation.ts'

/** Languages by their own names, as people look for them. */
export const languages = { en: 'English', de: 'Deutsch', es: 'Español', ar: 'العربية' } as const
export type Language = keyof typeof languages

/** What a conversation, and what stands around every page, say. */
const firstTexts = {
  en: async () => (await import('./en/first.ts')).first,
  de: async () => (await import('./de/first.ts')).first,
  es: async () => (await import('./es/first.ts')).first,
  ar: async () => (await import('./ar/first.ts')).first,
} satisfies Record<Language, () => Promise<unknown>>

/** What is said on the other pages. */
const otherTexts = {
  en: async () => (await import('./en/rest.ts')).rest,
  de: async () => (await import('./de/rest.ts')).rest,
  es: async () => (await import('./es/rest.ts')).rest,
  ar: async () => (await import('./ar/rest.ts')).rest,
} satisfies Record<Language, () => Promise<unknown>>

const rightToLeft = new Set<Language>(['ar'])

let current = preferredLanguage()
/** Set once the texts of all pages are wanted. */
let all: Promise<void> | null = null
let asked = 0
let shown = 0

/**
 * Loads the reader's language: the one chosen here, else the browser's, else English. The texts of a conversation are
 * enough to begin with.
 */
export async function startTranslation(): Promise<void> {
  await show(current, all !== null)
}

/** Changes the language of the page, and keeps the choice on this device. */
export async function chooseLanguage(language: Language): Promise<void> {
  await show(language, all !== null)
  storage?.setItem('language', language)
}

/** Loads the texts of all pages, now and in languages that are chosen later. */
export function loadAllTexts(): Promise<void> {
  all ??= show(current, true).catch((error: unknown) => {
    all = null
    throw error
  })
  return all
}

async function show(language: Language, isWhole: boolean): Promise<void> {
  const turn = ++asked
  const [first, others] = await Promise.all([firstTexts[language](), isWhole ? otherTexts[language]() : {}])
  // Of two at once the one that was asked for last stays.
  if (turn < shown) return
  shown = turn
  current = language
  showTranslation(createTranslation(language, { ...first, ...others }))
  document.documentElement.lang = language
  document.documentElement.dir = rightToLeft.has(language) ? 'rtl' : 'ltr'
}

function preferredLanguage(): Language {
  const wanted = [storage?.getItem('language') ?? '', ...navigator.languages].map((tag) => tag.slice(0, 2))
  return wanted.find((tag): tag is Language => tag in languages) ?? 'en'
}
