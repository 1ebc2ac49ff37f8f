import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { expect, test, vi } from 'vitest'
import { DocumentError } from '../../src/documents/document.ts'
import { childProcesses } from './child-processes.ts'
import { column, pdfOfPages } from './pdf-fixture.ts'
import { createReading } from './reading.ts'

vi.setConfig({ testTimeout: 60_000 })
const { reader, read, folder } = createReading()
const manyPages = pdfOfPages(
  Array.from({ length: 300 }, (_, at) => column(Array.from({ length: 40 }, () => `Page ${at} has some words.`))),
)

test('the reading process can be killed at any moment, and the next document is read', async () => {
  for (const afterMs of [0, 20, 60, 120, 250, 500, 900]) {
    const reading = read(manyPages, 'a.pdf').catch((error: unknown) => error)
    while ((await childProcesses()).length === 0) await setTimeout(1)
    await setTimeout(afterMs)
    for (const pid of await childProcesses()) process.kill(pid, 'SIGKILL')
    const error = await reading
    if (error instanceof Error) expect(error.message).toBe('The process that reads documents was lost (SIGKILL).')
    expect(error).not.toBeInstanceOf(DocumentError)
  }
  expect((await read('Some text.', 'a.txt')).passages).toHaveLength(1)
})

test('progress is told in pages, then in characters', async () => {
  const steps: { step: string; done: number; total: number | null }[] = []
  await read(manyPages, 'a.pdf', { onProgress: (progress) => steps.push(progress) })
  expect(steps.find(({ step }) => step === 'reading')?.total).toBe(300)
  for (const { done, total } of steps) expect(done).toBeLessThanOrEqual(total ?? 0)
})

test('an aborted reading ends at once with the reason, and leaves no process', async () => {
  const controller = new AbortController()
  const reading = read(manyPages, 'a.pdf', { signal: controller.signal })
  const rejected = expect(reading).rejects.toThrow('no longer wanted')
  while ((await childProcesses()).length === 0) await setTimeout(1)
  controller.abort(new Error('no longer wanted'))
  await rejected
  expect(await childProcesses()).toEqual([])
  await expect(read('a', 'a.txt', { signal: controller.signal })).rejects.toThrow('no longer wanted')
})

test('documents are read side by side, each by a process of its own', async () => {
  const texts = Array.from({ length: 4 }, (_, at) => `This is text number ${at}.`)
  const documents = await Promise.all(texts.map((text, at) => read(text, `${at}.txt`)))
  expect(documents.map(({ passages }) => passages[0]?.text)).toEqual(texts)
})

test('the reading process runs at low priority, without an environment and in an empty folder', async () => {
  const reading = read(manyPages, 'a.pdf')
  while ((await childProcesses()).length === 0) await setTimeout(1)
  // Until the shell has become Node.
  const [pid] = await childProcesses()
  while (
    !(await readFile(`/proc/${pid}/comm`, 'utf8')).startsWith('node') &&
    !(await readFile(`/proc/${pid}/comm`, 'utf8')).startsWith('Main')
  )
    await setTimeout(5)
  const stat = (await readFile(`/proc/${pid}/stat`, 'utf8')).split(') ')[1]?.split(' ') ?? []
  expect(Number(stat[16])).toBe(10)
  expect((await readFile(`/proc/${pid}/environ`, 'utf8')).replace(/(?:PWD|OLDPWD|SHLVL|_)=[^\0]*\0/g, '')).toBe('')
  await reading
})

test('limits of size, time, memory and text are kept', async () => {
  const limited = createReading({ bytes: 1000 })
  expect(await limited.outcome('a'.repeat(1001), 'a.txt')).toBe('too_large')
  expect(await createReading({ timeMs: 300 }).outcome(manyPages, 'a.pdf')).toBe('timeout')
  expect(await createReading({ characters: 100 }).outcome('word '.repeat(50), 'a.txt')).toBe('too_much_text')
  expect(await createReading({ memoryMb: 120 }).outcome(manyPages, 'a.pdf')).toBe('out_of_memory')
  expect(await createReading({ pages: 299 }).outcome(manyPages, 'a.pdf')).toBe('too_many_pages')
})

test('a document whose process gets no processor time is not to blame for it', async () => {
  const impatient = createReading({ timeMs: 1500 })
  const failed = impatient.read('Some text.', 'a.txt').catch((error: unknown) => error)
  while ((await childProcesses()).length === 0) await setTimeout(1)
  for (const pid of await childProcesses()) process.kill(pid, 'SIGSTOP')
  const error = await failed
  expect(error).not.toBeInstanceOf(DocumentError)
  expect(error).toMatchObject({ message: 'The process that reads documents hardly got any processor time.' })
})

test('names no file system would have do no harm', async () => {
  for (const name of ['a\0b.txt', `${'long'.repeat(100_000)}.txt`, '--eval.txt', '$(touch x).txt', '\ud800.txt'])
    expect((await read('Some text.', name)).kind).toBe('text')
})

test('a file that is not there is no fault of the document', async () => {
  const missing = reader.read(join(await folder, 'missing'), 'a.txt')
  await expect(missing).rejects.toMatchObject({ code: 'ENOENT' })
})

test('closing stops what is being read and refuses more', async () => {
  const closing = createReading()
  const reading = closing.read(manyPages, 'a.pdf')
  const rejected = expect(reading).rejects.toThrow('closed')
  while ((await childProcesses()).length === 0) await setTimeout(1)
  await closing.reader.close()
  await rejected
  await expect(closing.read('a', 'a.txt')).rejects.toThrow('closed')
})
