/** Random Markdown that can be made again from its seed: whole constructs of all kinds, and pieces of them. */
export function randomMarkdown(seed: number, pieceCount = 12): string {
  const next = randomNumbers(seed)
  const pick = (choices: readonly string[]) => choices[Math.floor(next() * choices.length)] ?? ''
  const piece = () => pick(next() < 0.75 ? constructs : fragments) + pick(separators)
  return Array.from({ length: pieceCount }, piece).join('')
}

/** The same of whole constructs only, each on lines of its own. */
export function randomConstructs(seed: number, count = 12): string {
  const next = randomNumbers(seed)
  const pick = (choices: readonly string[]) => choices[Math.floor(next() * choices.length)] ?? ''
  return Array.from({ length: count }, () => pick(constructs) + pick(['\n', '\n\n'])).join('')
}

/** Numbers from 0 to 1 by a linear congruential generator (Numerical Recipes). */
function randomNumbers(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 32
  }
}

const separators = ['\n', '\n', '\n\n', '\n\n', '\n\n\n', ' ', '\n  ', '\n    ', '\r\n']

const constructs = [
  'Some **bold** and *italic* words, `code` and ~~gone~~.',
  '# Heading',
  '### Third *level*',
  'Title\n=====',
  '- one\n- two\n  - nested\n- three',
  '1. first\n2. second\n\n   more of the second\n3. third',
  '- item\n\n  ```js\n  let a = 1\n\n  let b = 2\n  ```\n- next',
  '* [ ] open\n* [x] done',
  '```python\ndef f():\n\n    return 1\n```',
  '~~~\n``` inside\n~~~',
  '````md\n```\ninner\n```\n````',
  '> quoted\n> - list\n>\n> ```\n> code\n> ```',
  '> lazy\ngoes on',
  '| a | b |\n|---|:-:|\n| 1 | `x\\|y` |\n| 2 |',
  'Before\n| a | b |\n| - | - |\n| c | d |',
  '$$\n\\int_0^1 x\\,dx\n$$',
  '\\[ E = mc^2 \\]',
  'The price is $5, the formula $a_1 + b$ and \\(x*y*z\\).',
  '---',
  '    indented code\n\n    goes on',
  '[a link](https://example.com "title") and [by label][label] and https://example.org',
  '[label]: https://example.com/label',
  'A note[^1].',
  '[^1]: The text of the note\n\n    and more of it.',
  '<div onclick="x()">html</div>',
  '![image](https://example.com/a.png)',
  'مرحبا **بالعالم** 1. نص',
]

const fragments = [
  '```',
  '~~~',
  '$$',
  '$',
  '\\[',
  '\\(',
  '|',
  '|--|',
  '- ',
  '1. ',
  '> ',
  '#',
  '**',
  '_',
  '`',
  '[',
  '](',
  '<',
  '&amp;',
  '\\',
  '\t',
  '',
]
