import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { translations as ar } from '../src/i18n/ar/index.ts'
import { translations as de } from '../src/i18n/de/index.ts'
import { first } from '../src/i18n/en/first.ts'
import { translations as en } from '../src/i18n/en/index.ts'
import { translations as es } from '../src/i18n/es/index.ts'

const source = fileURLToPath(new URL('../src', import.meta.url))
const plural = /_(zero|one|two|few|many|other)$/
const english = textsOf(en)

describe.each(Object.entries({ en, de, es, ar }))('%s', (language, translations) => {
  const texts = textsOf(translations)

  test('has the texts of English and no others', () => {
    expect(namesOf(texts)).toEqual(namesOf(english))
  })

  test('has every plural that its grammar knows', () => {
    const forms = new Intl.PluralRules(language).resolvedOptions().pluralCategories
    const counted = [...texts.keys()].filter((key) => plural.test(key)).map((key) => key.replace(plural, ''))
    const missing = counted.flatMap((key) => forms.map((form) => `${key}_${form}`).filter((name) => !texts.has(name)))
    expect(missing).toEqual([])
  })

  test('names the same values as English', () => {
    const different = [...texts].filter(([key, text]) => {
      const original = english.get(key) ?? english.get(key.replace(plural, '_other')) ?? ''
      const own = valuesIn(text)
      // A form for exactly one, two or none may spell the number out.
      return plural.test(key)
        ? own.some((name) => !valuesIn(original).includes(name))
        : own.join() !== valuesIn(original).join()
    })
    expect(different).toEqual([])
  })

  test('leaves nothing empty', () => {
    expect([...texts].filter(([, text]) => text.trim() === '')).toEqual([])
  })
})

test('every text is used somewhere', () => {
  const code = sourceFiles(source)
    .map((file) => readFileSync(file, 'utf8'))
    .join('\n')
  const unused = namesOf(english).filter((name) => {
    const key = name.slice(name.indexOf(':') + 1)
    const isNamed = code.includes(`'${key}'`) || code.includes(`:${key}'`)
    // A part may be chosen at run time, as in t(`theme.${theme}`), and an error's text by its code.
    return !isNamed && !parentsOf(key).some((parent) => code.includes(`${parent}.\${`)) && !name.startsWith('errors:')
  })
  expect(unused).toEqual([])
})

test('what a conversation and the frame of every page say is among the first texts', () => {
  const files = sourceFiles(source).filter(
    (file) =>
      /\/src\/(?:app|ui|lib|markdown|features\/(?:chat|sessions))\//.test(file) &&
      // Shared by the pages of a bot, which are loaded together with all texts.
      !/\/ui\/(?:bot-links|missing-bot)\.tsx$/.test(file),
  )
  const named = files.flatMap((file) =>
    [...readFileSync(file, 'utf8').matchAll(/useTranslation\('(\w+)'\)/g)].map(([, name = '']) => name),
  )
  expect(named).toContain('chat')
  // Images come with parts that are loaded together with all texts.
  expect(named.filter((name) => name !== 'images' && !Object.hasOwn(first, name))).toEqual([])
})

/** All texts as `namespace:key.key` → text. */
function textsOf(tree: object, path = ''): Map<string, string> {
  const entries = Object.entries(tree).flatMap(([key, value]): [string, string][] => {
    const name = path === '' ? `${key}:` : `${path}${path.endsWith(':') ? '' : '.'}${key}`
    return typeof value === 'string' ? [[name, value]] : [...textsOf(value, name)]
  })
  return new Map(entries)
}

/** The keys without their plural forms, sorted, each once. */
function namesOf(texts: Map<string, string>): string[] {
  return [...new Set([...texts.keys()].map((key) => key.replace(plural, '')))].sort()
}

/** `a.b` and `a` for `a.b.c`. */
function parentsOf(key: string): string[] {
  const parts = key.split('.')
  return parts.slice(1).map((_, index) => parts.slice(0, index + 1).join('.'))
}

function valuesIn(text: string): string[] {
  return [...new Set([...text.matchAll(/\{\{(\w+)/g)].map(([, name = '']) => name))].sort()
}

function sourceFiles(dir: string): string[] {
  return readdirSync(dir, { recursive: true, encoding: 'utf8' })
    .filter((file) => /\.tsx?$/.test(file))
    .map((file) => join(dir, file))
}
