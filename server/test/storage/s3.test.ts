import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { s3Settings } from '../support/s3-server.ts'
import { collected, newKey, opened, readAll, s3Scene, stage, store } from './storage-scene.ts'

let scene: Awaited<ReturnType<typeof s3Scene>>

beforeEach(async () => {
  scene = await s3Scene()
})
afterEach(() => scene.close())

const unavailable = { code: 'storage_unavailable', status: 503 }

test('objects lie in the bucket under the prefix and the key', async () => {
  const key = newKey()
  await store(scene.storage, key, 'some text')
  expect([...scene.server.objects.keys()]).toEqual([`chatbot/tests/${key}`])
  expect(scene.server.requests).toEqual([`PUT /bucket/chatbot/tests/${key}`])
})

test('a bucket without a prefix works as well', async () => {
  const storage = opened({ ...s3Settings(scene.server, ''), DATA_DIR: scene.folder })
  const key = newKey()
  await store(storage, key, 'some text')
  expect((await collected(storage.list(''))).map((file) => file.key)).toEqual([key])
  await storage.close()
})

test('what passes is tried again: an error of the server, too many requests, a broken connection', async () => {
  const key = newKey()
  scene.server.fails({ status: 500 }, 'reset', { status: 503 })
  await store(scene.storage, key, 'some text')
  scene.server.fails('reset', { status: 429 })
  expect((await readAll(scene.storage, key))?.toString()).toBe('some text')
  scene.server.fails({ status: 500 })
  expect(await collected(scene.storage.list(''))).toHaveLength(1)
  scene.server.fails('reset')
  await scene.storage.delete(key)
  expect(scene.server.objects.size).toBe(0)
})

test('what does not pass ends with 503, soon, and leaves no object', async () => {
  const staged = await stage(scene.storage, 'some text')
  const began = performance.now()
  scene.server.fails(...Array.from({ length: 4 }, () => ({ status: 500 })))
  await expect(scene.storage.keep(staged, newKey())).rejects.toMatchObject(unavailable)
  expect(performance.now() - began).toBeLessThan(4000)
  expect(scene.server.objects.size).toBe(0)
  await staged.discard()
})

test('a content whose length is not told is handed out all the same', async () => {
  const key = newKey()
  await store(scene.storage, key, 'some text')
  scene.server.fails('lengthless')
  const stored = await scene.storage.read(key)
  expect([stored?.bytes, Buffer.concat((await stored?.content.toArray()) ?? []).toString()]).toEqual([
    null,
    'some text',
  ])
})

test('a refusal is final: nothing is asked twice with the wrong secret', async () => {
  const storage = opened({
    ...s3Settings(scene.server),
    FILES_SECRET_ACCESS_KEY: 'another-secret',
    DATA_DIR: scene.folder,
  })
  const began = performance.now()
  await expect(storage.check()).rejects.toMatchObject(unavailable)
  expect(performance.now() - began).toBeLessThan(1000)
  expect(scene.server.requests).toEqual([])
  await storage.close()
})

describe('opening a file', () => {
  test('that breaks off on its way leaves no half of it behind', async () => {
    const key = newKey()
    await store(scene.storage, key, randomBytes(100_000))
    scene.server.fails('cut')
    await expect(scene.storage.open(key, AbortSignal.timeout(5000))).rejects.toMatchObject(unavailable)
    const local = await scene.storage.open(key, AbortSignal.timeout(5000))
    await local?.release()
  })

  test('ends with its signal, however long the server is silent', async () => {
    const key = newKey()
    await store(scene.storage, key, 'some text')
    scene.server.fails('hang')
    const leaving = new AbortController()
    const opening = scene.storage.open(key, leaving.signal)
    await sleep(50)
    leaving.abort(new Error('the process leaves'))
    await expect(opening).rejects.toThrow('the process leaves')
  })
})

test('a bucket that is not there is no storage', async () => {
  const storage = opened({
    ...s3Settings(scene.server),
    FILES_URL: `s3://another-bucket?endpoint=${scene.server.url}&region=eu-test-1`,
    DATA_DIR: scene.folder,
  })
  await expect(storage.check()).rejects.toMatchObject(unavailable)
  await storage.close()
})
