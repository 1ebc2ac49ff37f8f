import { expect, test } from 'vitest'
import { languageLabel, languageName } from '../src/markdown/language-names.ts'
import { languageLoaders } from '../src/markdown/languages.ts'

test('a block of code is called what people call its language, however it was written', () => {
  const written = ['ts', 'TypeScript', 'js {highlight=2}', 'c++', 'py', 'yml', 'sh', 'tsx:app.tsx']
  expect(written.map((info) => languageName(languageLabel(info)))).toEqual([
    'TypeScript',
    'TypeScript',
    'JavaScript',
    'C++',
    'Python',
    'YAML',
    'Shell',
    'TSX',
  ])
})

test('every grammar has a name, and a word that is not known stays as it is', () => {
  for (const grammar of Object.keys(languageLoaders)) expect(languageName(grammar)).toMatch(/^[A-Z]/)
  expect(['brainfuck', '__proto__', 'constructor', ''].map(languageName)).toEqual([
    'brainfuck',
    '__proto__',
    'constructor',
    '',
  ])
})
