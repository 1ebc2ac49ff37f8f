import { describe, expect, test } from 'vitest'
import { createTranslation } from '../src/i18n/translate.ts'

/** With the keys of the real texts, so that the types hold; the words say which form was taken. */
const found = (forms: string[]) => ({
  common: {
    retry: 'Try again',
    typeToConfirm: 'Type “{{text}}”, {{text}}',
    commands: { title: 'Commands', ...Object.fromEntries(forms.map((form) => [`found_${form}`, `{{count}} ${form}`])) },
  },
  chat: { newChat: 'New chat' },
})

describe('plurals', () => {
  test.each([
    ['en', 1, 'one'],
    ['en', 0, 'other'],
    ['es', 1, 'one'],
    ['es', 1_000_000, 'many'],
    ['ar', 0, 'zero'],
    ['ar', 2, 'two'],
    ['ar', 7, 'few'],
    ['ar', 11, 'many'],
    ['ar', 100, 'other'],
  ])('in %s %i is %s', (language, count, form) => {
    const forms = new Intl.PluralRules(language).resolvedOptions().pluralCategories
    const t = createTranslation(language, found(forms)).in('common')
    expect(t('commands.found', { count })).toBe(`${count} ${form}`)
  })

  test('a form that is missing is replaced by the general one', () => {
    const t = createTranslation('ar', found(['other'])).in('common')
    expect(t('commands.found', { count: 2 })).toBe('2 other')
  })
})

describe('texts', () => {
  const { in: within } = createTranslation('en', found(['one', 'other']))

  test('are found by their path, in their namespace, and from elsewhere by its name', () => {
    expect(within('common')('commands.title')).toBe('Commands')
    expect(within('chat')('newChat')).toBe('New chat')
    expect(within('chat')('common:retry')).toBe('Try again')
  })

  test('take a value as often as they name it, and as it is', () => {
    expect(within('common')('typeToConfirm', { text: '<b>$&{{count}}' })).toBe('Type “<b>$&{{count}}”, <b>$&{{count}}')
  })

  test('leave out a value that is missing', () => {
    expect(within('common')('typeToConfirm')).toBe('Type “”, ')
  })

  test('that do not exist are their key', () => {
    expect(within('chat')('noBot')).toBe('noBot')
  })

  test('come from a function that stays the same', () => {
    expect(within('chat')).toBe(within('chat'))
  })
})
