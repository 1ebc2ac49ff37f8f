import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createDiskStorage } from './disk-storage.ts'
import { createS3Storage } from './s3-storage.ts'
import type { FileStorage } from './storage.ts'
import { parseS3Url } from './storage-url.ts'

export interface StorageSettings {
  /** `file:///folder` or `s3://bucket/prefix?endpoint=…&region=…&virtual_host=true`; unset: a folder in `dataDir`. */
  url: string | undefined
  accessKeyId: string | undefined
  secretAccessKey: string | undefined
  dataDir: string
}

/** Opens the file storage that the settings name; touches nothing yet. */
export function openStorage({ url, accessKeyId, secretAccessKey, dataDir }: StorageSettings): FileStorage {
  if (url === undefined) return createDiskStorage(join(dataDir, 'files'))
  if (url.startsWith('file:')) return createDiskStorage(fileURLToPath(url).replace(/(?<=.)\/+$/, ''))
  if (!accessKeyId || !secretAccessKey) throw new Error('an S3 storage needs its keys')
  return createS3Storage({ ...parseS3Url(url), accessKeyId, secretAccessKey }, join(dataDir, 'files-staging'))
}
