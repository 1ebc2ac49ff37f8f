/** Where a bucket is, as its URL tells. */
export interface BucketAddress {
  bucket: string
  /** Before every key; empty, or ends in `/`. */
  prefix: string
  /** Of the service, without a path, e.g. `https://s3.eu-central-1.amazonaws.com`. */
  endpoint: string
  region: string
  /** The bucket as a part of the host's name; else as the first part of the path. */
  virtualHost: boolean
}

/** What is wrong with a `FILES_URL`, as the end of a sentence that begins with its name; null where nothing is. */
export function storageUrlProblem(url: string): string | null {
  if (!URL.canParse(url)) return 'must be file:///folder or s3://bucket/prefix'
  const { protocol, host, search, hash, username } = new URL(url)
  if (protocol === 'file:')
    return host === '' && search === '' && hash === '' ? null : 'must be file:///folder, no more'
  if (protocol !== 's3:') return 'must begin with file:// or s3://'
  if (username !== '') return 'must not hold keys: they belong into FILES_ACCESS_KEY_ID and FILES_SECRET_ACCESS_KEY'
  try {
    parseS3Url(url)
    return null
  } catch (error) {
    return error instanceof Error ? error.message : 'is not usable'
  }
}

// https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
const bucketName = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/
const parameters = new Set(['endpoint', 'region', 'virtual_host'])

/** Reads `s3://bucket/prefix?endpoint=…&region=…&virtual_host=…`; throws what is wrong with it. */
export function parseS3Url(url: string): BucketAddress {
  const { host: bucket, pathname, searchParams: search } = new URL(url)
  const unknown = [...search.keys()].find((name) => !parameters.has(name))
  if (unknown !== undefined)
    throw new Error(`knows no parameter ${unknown}; there are endpoint, region and virtual_host`)
  if (!bucketName.test(bucket)) throw new Error('must name a bucket: s3://bucket/prefix')
  const prefix = decodeURIComponent(pathname).replace(/^\/+|\/+$/g, '')
  const region = search.get('region') ?? 'us-east-1'
  const endpoint = search.get('endpoint') ?? `https://s3.${region}.amazonaws.com`
  if (!/^https?:\/\/[^/?#@]+\/?$/.test(endpoint) || !URL.canParse(endpoint)) {
    throw new Error('must have an endpoint such as https://storage.example.com')
  }
  const virtualHost = search.get('virtual_host') ?? String(!search.has('endpoint'))
  if (!['true', 'false'].includes(virtualHost)) throw new Error('must have virtual_host as true or false')
  return { bucket, prefix: prefix === '' ? '' : `${prefix}/`, endpoint, region, virtualHost: virtualHost === 'true' }
}
