import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { newId } from '../../src/platform/ids.ts'
import { createProject, startTestApp, type TestApp, type TestUser } from '../support/app.ts'
import { problemOf } from '../support/turns.ts'
import { addDocument, search, shelfOf } from './library.ts'

let app: TestApp
let user: TestUser

beforeAll(async () => {
  app = await startTestApp()
  user = await app.user()
})
afterAll(() => app.close())

/** A project with these documents. */
async function projectWith(documents: Record<string, string>) {
  const project = await createProject(user)
  for (const [name, text] of Object.entries(documents)) await addDocument(shelfOf(app, user, project), name, text)
  return project
}

/** The names of the files that a query leads to, best first. */
async function found(documents: Record<string, string>, query: string): Promise<string[]> {
  const { passages } = await search(user, await projectWith(documents), query)
  return passages.map(({ file_name }) => file_name)
}

describe('words are found', () => {
  test.each([
    ['English', 'The printers were repaired in the workshop by our own people last week.', 'who repairs a printer'],
    ['German', 'Die Häuser am See werden im Sommer an Gäste vermietet und täglich gereinigt.', 'Haus mieten Gast'],
    [
      'Spanish',
      'Las reparaciones de la lavadora están cubiertas durante dos años desde la compra.',
      'reparacion lavadoras',
    ],
    [
      'Arabic',
      'تتم إعادة المنتجات خلال أربعة عشر يوما من تاريخ الشراء مع الفاتورة الأصلية.',
      'كيف يمكن اعادة منتج بدون الفاتورة',
    ],
  ])('in %s, whatever their form and accents', async (_, text, query) => {
    const noise = 'Nothing of this kind is written here. Nada. Nichts. لا شيء.'
    expect((await found({ 'noise.txt': noise, 'answer.txt': text }, query))[0]).toBe('answer.txt')
  })

  test.each([
    ['The XR-200 needs a new filter every year.', 'XR200 filter'],
    ['The XR200 needs a new filter every year.', 'filter for XR-200'],
    ['Error E42 means that the tank is empty.', 'what is E42'],
    ['Article 4711/B is sold out until March.', '4711/B'],
  ])('as codes: %s', async (text, query) => {
    const noise = 'The XR-300 has a filter for 200 litres. Error E43 is another one, and so is article 4712/B.'
    expect((await found({ 'noise.txt': noise, 'answer.txt': text }, query))[0]).toBe('answer.txt')
  })

  test('where they are parts of a compound, and where the query has the compound', async () => {
    const documents = {
      'frist.txt': 'Die Kündigungsfrist beträgt drei Monate zum Ende des Quartals.',
      'x.txt': 'Das Wetter ist heute schön und warm.',
    }
    expect(await found(documents, 'Frist für eine Kündigung')).toEqual(['frist.txt'])
    const apart = {
      'frist.txt': 'Wer die Kündigung schickt, hat eine Frist von drei Monaten einzuhalten.',
      'x.txt': 'Das Wetter ist heute schön.',
    }
    expect(await found(apart, 'Kündigungsfrist')).toEqual(['frist.txt'])
  })

  test('in headings and in the name of the document before the text', async () => {
    const documents = {
      'shop.md': '# Shop\n\nWe sell tea, and a warranty is something that we also mention here in passing.',
      'tea.md': '# Warranty\n\nTwo years from the day of the purchase, for every kettle that we sell.',
      'parking.txt': 'Cars stand behind the house. Bring the ticket to the desk, and somebody will stamp it.',
    }
    expect((await found(documents, 'warranty'))[0]).toBe('tea.md')
    expect((await found(documents, 'parking'))[0]).toBe('parking.txt')
  })
})

test('a typing error is put right, and said so', async () => {
  const project = await projectWith({
    'w.txt': 'The warranty covers the motor for five years.',
    'x.txt': 'Opening hours are nine to five.',
  })
  const result = await search(user, project, 'waranty for the mtoor')
  expect(result.passages.map(({ file_name }) => file_name)).toEqual(['w.txt'])
  expect(result.corrections).toEqual([
    { from: 'waranty', to: 'warranty' },
    { from: 'mtoor', to: 'motor' },
  ])
})

test('an error in the first letter is put right too', async () => {
  const project = await projectWith({ 'w.txt': 'The warranty covers the motor for five years.' })
  expect((await search(user, project, 'qarranty')).corrections).toEqual([{ from: 'qarranty', to: 'warranty' }])
})

test.each([
  ['two errors in a long word', 'The refrigerator stands in the kitchen.', 'refrigarater', 'refrigerator'],
  ['letters of another alphabet', 'Το εστιατόριο ανοίγει κάθε μέρα στις εννέα.', 'εστατοριο', 'εστιατοριο'],
])('%s: what was meant is found', async (_, text, typed, meant) => {
  const { corrections, passages } = await search(user, await projectWith({ 'a.txt': text }), typed)
  expect(corrections).toEqual([{ from: typed, to: meant }])
  expect(passages).toHaveLength(1)
})

test('nothing is taken for a stem, which nobody has written', async () => {
  const project = await projectWith({ 'l.txt': 'Los libros de la biblioteca se prestan durante tres semanas.' })
  // One letter from `libr`, and three from `libros`.
  expect(await search(user, project, 'libz')).toMatchObject({ corrections: [], passages: [] })
})

test('of many words that stand nowhere only some are guessed at', async () => {
  const words = 'copper silver bronze marble timber cotton velvet gravel pebble meadow'.split(' ')
  const project = await projectWith({ 'a.txt': words.join(' ') })
  const typed = words.map((word) => `${word.slice(0, 3)}${word.slice(4)}`)
  expect((await search(user, project, typed.join(' '))).corrections).toHaveLength(6)
})

test('words in quotes must stand side by side', async () => {
  const documents = {
    'a.txt': 'Terms of service are on the last page.',
    'b.txt': 'Our service has better terms than most.',
  }
  expect((await found(documents, '"terms of service"')).sort()).toEqual(['a.txt'])
  expect((await found(documents, 'terms of service')).sort()).toEqual(['a.txt', 'b.txt'])
})

test('a search says why, keeps to its limits and leaves out what says the same again', async () => {
  const text = 'The blue kettle boils one litre of water in three minutes and switches itself off afterwards.'
  const project = await projectWith({ 'a.txt': text, 'copy.txt': `${text}\n`, 'two.txt': text.replace('three', '4') })
  const { passages, mode } = await search(user, project, 'How long does the kettle take?')
  expect(mode).toBe('words')
  expect(passages).toHaveLength(2)
  expect(passages[0]?.why).toMatchObject({ words_rank: 1, meaning_rank: null, similarity: null })
  expect(passages[0]?.why.matched).toEqual(['kettle'])
  expect((await search(user, project, 'kettle', { limit: 1 })).passages).toHaveLength(1)
})

test('nothing is found for what stands nowhere, and after the document is gone', async () => {
  const project = await createProject(user)
  const shelf = shelfOf(app, user, project)
  const id = await addDocument(shelf, 'a.txt', 'The blue kettle boils one litre of water in three minutes.')
  expect((await search(user, project, 'zebra xylophone')).passages).toEqual([])
  expect((await search(user, project, 'kettle')).passages).toHaveLength(1)
  await shelf.db.tenant(shelf.scope, (tx) => tx.execute(`DELETE FROM files WHERE id = '${id}'`))
  expect(await search(user, project, 'ketle')).toMatchObject({ passages: [], corrections: [] })
})

test('another project is not searched, and a foreign one does not exist', async () => {
  const project = await projectWith({ 'a.txt': 'The blue kettle boils one litre of water.' })
  const empty = await createProject(user)
  expect((await search(user, empty, 'kettle')).passages).toEqual([])
  const stranger = await app.user()
  expect(await problemOf(search(stranger, project, 'kettle'))).toMatchObject({ status: 404, code: 'not_found' })
  expect(await problemOf(search(user, { ...project, id: newId() }, 'kettle'))).toMatchObject({ status: 404 })
  expect(await problemOf(search(user, project, '?!'))).toMatchObject({ status: 422 })
})
