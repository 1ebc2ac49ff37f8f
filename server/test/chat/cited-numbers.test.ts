import { expect, test } from 'vitest'
import { citedNumbers } from '../../src/modules/knowledge/cited-numbers.ts'

test.each<[string, string, number[]]>([
  ['alone, in lists and in rows', 'A [1], b [2, 3][4]. C[5]!', [1, 2, 3, 4, 5]],
  ['not in code within a line', '`[1]` ``a`[2]`` [3]', [3]],
  ['not in fenced code', '```js\nx[1] [2]\n```\n[3]', [3]],
  ['not in a fence that is still open', 'So:\n~~~\n[1]', []],
  ['not inside a longer fence', '~~~~\n[1]\n~~~\n[2]\n~~~~\n[3]', [3]],
  ['in spite of a lonely backtick', '`unclosed [1]\n\nnext [2]`', [1, 2]],
  ['not while the bracket is open', 'See [1', []],
  ['not as the text of a link, nor in its definition', '[1](http://a) ![2](x)\n[3]: http://b\n[4]', [4]],
  ['not in formulas', '\\[3\\] and [4]', [4]],
  ['not beyond three digits', '[1234] [12;13]', [12, 13]],
])('numbers are cited %s', (_, content, numbers) => {
  expect([...citedNumbers(content)]).toEqual(numbers)
})

test('a long answer of nothing but brackets and backticks takes no time', () => {
  const began = performance.now()
  for (const piece of ['[1,', '` [1] ', '``` [1]\n', '[', '`'.repeat(99)]) citedNumbers(`[1] ${piece.repeat(30_000)}`)
  expect(performance.now() - began).toBeLessThan(3000)
})
