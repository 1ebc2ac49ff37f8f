import { SaxesParser } from 'saxes'
import { type StoredFile, storageUnavailable } from './storage.ts'

/**
 * A page of a bucket's listing and the token of the next, out of the answer to `ListObjectsV2`:
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html. Throws 503 for anything else.
 */
export function listingOf(xml: string): { files: StoredFile[]; next: string | undefined } {
  const files: StoredFile[] = []
  const path: string[] = []
  let file = { key: '', bytes: 0, modifiedAt: new Date(0) }
  let next: string | undefined
  let text = ''
  let isListing = false
  const parser = new SaxesParser()
  parser.on('opentag', ({ name }) => {
    path.push(name)
    if (path.length === 1) isListing = name === 'ListBucketResult'
    text = ''
    if (path.join('/') === 'ListBucketResult/Contents') file = { key: '', bytes: 0, modifiedAt: new Date(0) }
  })
  parser.on('text', (more) => {
    text += more
  })
  parser.on('closetag', () => {
    const at = path.join('/')
    if (at === 'ListBucketResult/NextContinuationToken') next = text
    if (at === 'ListBucketResult/Contents/Key') file.key = text
    if (at === 'ListBucketResult/Contents/Size') file.bytes = Number(text)
    if (at === 'ListBucketResult/Contents/LastModified') file.modifiedAt = new Date(text)
    if (at === 'ListBucketResult/Contents') files.push(file)
    path.pop()
    text = ''
  })
  try {
    parser.write(xml).close()
  } catch (error) {
    throw storageUnavailable(error)
  }
  if (!isListing) throw storageUnavailable(new Error('the file storage did not answer with a listing'))
  return { files, next }
}
