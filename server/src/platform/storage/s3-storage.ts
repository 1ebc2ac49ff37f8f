import { createWriteStream } from 'node:fs'
import { rm } from 'node:fs/promises'
import { pipeline } from 'node:stream/promises'
import { listingOf } from './s3-listing.ts'
import { createS3Requests, type S3Settings, textOf } from './s3-requests.ts'
import { createStaging } from './staging.ts'
import { asStorageError, type FileStorage, requireKey, type StoredFile, storageUnavailable } from './storage.ts'

/** Keys of ours never begin with a dot. */
const probe = '.probe'
const emptyHash = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'
const deletesAtOnce = 8

/**
 * Files in a bucket of any S3-compatible service. Contents pass through `stagingFolder` on this machine, on their way up
 * to be counted and hashed, on their way down to be read.
 */
export function createS3Storage(settings: S3Settings, stagingFolder: string): FileStorage {
  const { send, close } = createS3Requests(settings)
  const staging = createStaging(stagingFolder)
  const nameOf = (key: string) => settings.prefix + requireKey(key)

  return {
    stage: staging.stage,
    sweepStaging: staging.sweep,
    close,

    async keep(staged, key) {
      await expect200(send({ method: 'PUT', key: nameOf(key), upload: staged }))
      await staged.discard()
    },

    async read(key) {
      const { status, headers, body } = await send({ method: 'GET', key: nameOf(key) })
      const length = headers['content-length']
      if (status < 300) return { content: body, bytes: typeof length === 'string' ? Number(length) : null }
      await drain(body)
      return null
    },

    async open(key, signal) {
      const { status, body } = await send({ method: 'GET', key: nameOf(key), signal })
      if (status >= 300) {
        await drain(body)
        return null
      }
      const path = await staging.newPath()
      const release = () => rm(path, { force: true })
      try {
        await pipeline(body, createWriteStream(path, { flags: 'wx', mode: 0o600 }), { signal })
      } catch (error) {
        await release()
        signal.throwIfAborted()
        const known = asStorageError(error)
        throw known === error ? storageUnavailable(error) : known
      }
      return { path, release }
    },

    delete: (key) => remove(nameOf(key)),

    async deletePrefix(prefix) {
      requireKey(prefix.replace(/\/$/, ''))
      let count = 0
      let batch: string[] = []
      for await (const { key } of list(prefix)) {
        batch.push(key)
        if (batch.length < deletesAtOnce) continue
        count += await removeAll(batch)
        batch = []
      }
      return count + (await removeAll(batch))
    },

    list,

    async check() {
      const upload = { path: '', bytes: 0, sha256: emptyHash }
      await expect200(send({ method: 'PUT', key: settings.prefix + probe, upload }))
    },
  }

  async function removeAll(keys: string[]): Promise<number> {
    await Promise.all(keys.map((key) => remove(nameOf(key))))
    return keys.length
  }

  async function remove(name: string): Promise<void> {
    await drain((await send({ method: 'DELETE', key: name })).body)
  }

  async function* list(prefix: string): AsyncGenerator<StoredFile> {
    let token: string | undefined
    do {
      const query = {
        'list-type': '2',
        prefix: settings.prefix + prefix,
        ...(token === undefined ? {} : { 'continuation-token': token }),
      }
      const { status, body } = await send({ method: 'GET', key: '', query })
      const text = await textOf(body).catch((error: unknown) => {
        throw storageUnavailable(error)
      })
      if (status !== 200) throw storageUnavailable(new Error(`the file storage answered ${status} to a listing`))
      const listing = listingOf(text)
      for (const file of listing.files) {
        const key = file.key.slice(settings.prefix.length)
        if (file.key.startsWith(settings.prefix) && key !== probe) yield { ...file, key }
      }
      token = listing.next
    } while (token !== undefined)
  }
}

/** For a PUT a 404 says that there is no such bucket. */
async function expect200(sending: ReturnType<ReturnType<typeof createS3Requests>['send']>): Promise<void> {
  const { status, body } = await sending
  await drain(body)
  if (status >= 300) throw storageUnavailable(new Error(`the file storage answered ${status}`))
}

/** So that its connection can be used again. */
async function drain(body: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of body);
}
