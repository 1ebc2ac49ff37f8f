import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import type { TestApp } from '../support/app.ts'

/** What lies in the file storage and has this folder in its path. */
export async function storedFiles(app: TestApp, folder: string) {
  const entries = await readdir(app.filesFolder, { recursive: true, withFileTypes: true }).catch(() => [])
  const paths = entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name))
  const found = paths.map((path) => relative(app.filesFolder, path)).filter((path) => path.split('/').includes(folder))
  return Promise.all(
    found.map(async (key) => {
      const content = await readFile(join(app.filesFolder, key))
      return { key, content, sha256: createHash('sha256').update(content).digest('hex') }
    }),
  )
}
