import { contract } from '@chatbot-platform/contract'
import { useQuery } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import { useClient } from '../account.tsx'
import { keys } from './keys.ts'

/**
 * An address under which this page can show an image of a message. An `<img>` cannot send the access token, so the
 * image is read like anything else and shown from memory. Null while it is on its way, and where it is missing.
 */
export function useImageUrl(id: string | null): { url: string | null; isMissing: boolean } {
  const client = useClient()
  const { data: image, isError } = useQuery({
    queryKey: keys.image(id ?? ''),
    queryFn: async ({ signal }) => {
      const params = { attachment_id: id ?? '' }
      return (await client.send(contract.attachments.content, { params, signal })).blob()
    },
    enabled: id !== null,
    // An image never changes.
    staleTime: Number.POSITIVE_INFINITY,
  })
  const [url, setUrl] = useState<string | null>(null)
  useEffect(() => {
    if (!image) return
    const made = URL.createObjectURL(image)
    setUrl(made)
    return () => URL.revokeObjectURL(made)
  }, [image])
  return { url, isMissing: isError }
}
