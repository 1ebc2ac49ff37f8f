import { expect, test } from 'vitest'
import { titleOf } from '../../src/modules/sessions/title.ts'

test.each([
  ['a short message as it is', 'Opening hours', 'Opening hours'],
  ['the first sentence', 'When do you open on Sundays? I would come by then.', 'When do you open on Sundays?'],
  ['more than a greeting', 'Hi! When do you open? Thanks.', 'Hi! When do you open?'],
  ['one line', '  two\n\n\tlines\u00a0here ', 'two lines here'],
  ['no Markdown', '## Why is **this** [link](https://example.com) `red`?', 'Why is this link red?'],
  ['a list', '- eggs\n- flour\n1. milk', 'eggs flour milk'],
  ['a name with underscores', 'Rename snake_case_name to 2 * 3', 'Rename snake_case_name to 2 * 3'],
  ['the question rather than its code', '```js\nlet a = 1\n```\nWhy does this fail?', 'Why does this fail?'],
  ['code where there is nothing else', '```js\nlet a = 1\n```', 'let a = 1'],
  ['no tags', '<b>Bold</b> words, all of them', 'Bold words, all of them'],
  ['Chinese sentences', '如何在数据库中实现多租户之间的隔离？请详细解释。', '如何在数据库中实现多租户之间的隔离？'],
  ['no turned direction', '\u202egnp.exe\u202c is here to stay', 'gnp.exe is here to stay'],
  ['marks alone', '***', '***'],
  ['nothing to show', ' \n\u200f ', 'Untitled'],
])('a title of %s', (_, message, title) => {
  expect(titleOf(message)).toBe(title)
})

test.each([
  ['English', 'I need help with my order because it has not arrived although it was sent weeks ago'],
  ['Arabic', 'أحتاج إلى مساعدة في طلبي الذي لم يصل بعد منذ أسبوعين كاملين من تاريخ الشراء عبر الإنترنت'],
  ['one long word', `https://example.com/${'a'.repeat(200)}`],
  ['families', '👨‍👩‍👧‍👦'.repeat(30)],
  ['half a pair at the place where reading stops', `${'a'.repeat(1999)}👍`],
])('a long message is cut between words or characters: %s', (_, message) => {
  const title = titleOf(message)
  expect(title.length).toBeLessThanOrEqual(60)
  expect(title.endsWith('…')).toBe(true)
  expect(title.isWellFormed()).toBe(true)
  const kept = title.slice(0, -1)
  expect(message.startsWith(kept)).toBe(true)
  const ends = new Set(Array.from(new Intl.Segmenter().segment(message), ({ index }) => index))
  expect(ends).toContain(kept.length)
})

test('marks without an end cost no time', () => {
  const hostile = ['[', '*', '`', '- ', '<a', ' ', '```\n', '_ ', '![a](', '> ', '\u0301', '# ', '~~~']
  const began = performance.now()
  for (const mark of hostile) titleOf(`${mark.repeat(100_000)}x`)
  expect(performance.now() - began).toBeLessThan(500)
})
