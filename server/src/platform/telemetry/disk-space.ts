import { statfs } from 'node:fs/promises'

/** What the file system of `path` holds and has left for us. Rejects where the path does not exist. */
export async function diskSpace(path: string): Promise<{ freeBytes: number; totalBytes: number }> {
  const { bavail, blocks, bsize } = await statfs(path)
  return { freeBytes: bavail * bsize, totalBytes: blocks * bsize }
}
