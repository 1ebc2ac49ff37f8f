import i18next from 'i18next'
import { initReactI18next } from 'react-i18next'
import { storage } from '../lib/storage.ts'

/** Languages by their own names, as people look for them. */
export const languages = { en: 'English', de: 'Deutsch', es: 'Español', ar: 'العربية' } as const
export type Language = keyof typeof languages

const loaders = {
  en: () => import('./en/index.ts'),
  de: () => import('./de/index.ts'),
  es: () => import('./es/index.ts'),
  ar: () => import('./ar/index.ts'),
} satisfies Record<Language, () => Promise<unknown>>

const rightToLeft = new Set<Language>(['ar'])

/** Loads the reader's language: the one chosen here, else the browser's, else English. */
export async function startTranslation(): Promise<void> {
  const language = preferredLanguage()
  const { translations } = await loaders[language]()
  await i18next.use(initReactI18next).init({
    lng: language,
    resources: { [language]: translations },
    defaultNS: 'common',
    // React escapes what it renders.
    interpolation: { escapeValue: false },
    returnNull: false,
  })
  showLanguage(language)
}

/** Changes the language of the page, and keeps the choice on this device. */
export async function chooseLanguage(language: Language): Promise<void> {
  const { translations } = await loaders[language]()
  for (const [namespace, texts] of Object.entries(translations)) i18next.addResourceBundle(language, namespace, texts)
  await i18next.changeLanguage(language)
  storage?.setItem('language', language)
  showLanguage(language)
}

function showLanguage(language: Language): void {
  document.documentElement.lang = language
  document.documentElement.dir = rightToLeft.has(language) ? 'rtl' : 'ltr'
}

function preferredLanguage(): Language {
  const wanted = [storage?.getItem('language') ?? '', ...navigator.languages].map((tag) => tag.slice(0, 2))
  return wanted.find((tag): tag is Language => tag in languages) ?? 'en'
}
