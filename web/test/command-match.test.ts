import { expect, test } from 'vitest'
import { matching } from '../src/app/command-match.ts'

const labels = ['New chat', 'Search', 'Usage', 'Use the light theme', 'Café Zoë', 'Account and settings']

function found(text: string): string[] {
  return matching(
    labels.map((label) => ({ label })),
    text,
  ).map(({ label }) => label)
}

test('without a text everything is there, in its order', () => {
  expect(found('')).toEqual(labels)
  expect(found('  ')).toEqual(labels)
})

test.each([
  ['us', ['Usage', 'Use the light theme']],
  ['light use', ['Use the light theme']],
  ['usg', ['Usage']],
  ['ncht', ['New chat']],
  ['ZOE caf', ['Café Zoë']],
  ['set', ['Account and settings']],
  ['ch', ['New chat', 'Search']],
  ['chat zzz', []],
  ['eage', []],
])('%s finds %j', (text, expected) => {
  expect(found(text)).toEqual(expected)
})

test('the kind of a thing finds it as well, after what is called so', () => {
  const items = [{ label: 'Support', kind: 'Chat' }, { label: 'Chat log' }, { label: 'Usage' }]
  expect(matching(items, 'chat').map(({ label }) => label)).toEqual(['Chat log', 'Support'])
})
