import { contract } from '@chatbot-platform/contract'
import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query'
import { useEffect, useRef, useState } from 'react'
import { useClient } from '../../lib/account.tsx'
import { keys } from '../../lib/queries/keys.ts'
import { useSearchParams } from '../../lib/router/use-router.tsx'

/** A pause in typing of this length starts the search, in ms. */
const debounceMs = 250

/** What is looked for. The address of the page keeps it; while somebody types, it follows a little later. */
export function useSearchTerms() {
  const [params, setParams] = useSearchParams()
  const query = (params.get('q') ?? '').trim()
  const [text, setText] = useState(query)
  const written = useRef(query)
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined)

  // Back, forward and links change the address without the field.
  useEffect(() => {
    if (query !== written.current) setText(query)
    written.current = query
  }, [query])

  function write(name: 'q' | 'bot', value: string): void {
    setParams(
      (current) => {
        const next = new URLSearchParams(current)
        if (value === '') next.delete(name)
        else next.set(name, value)
        return next
      },
      { replace: true },
    )
  }

  function commit(value: string): void {
    clearTimeout(timer.current)
    written.current = value.trim()
    write('q', written.current)
  }

  return {
    /** In the field. */
    text,
    /** To look for; empty for nothing. */
    query,
    /** The id of the only bot to look at. */
    botId: params.get('bot') ?? undefined,
    type(value: string): void {
      setText(value)
      clearTimeout(timer.current)
      timer.current = setTimeout(() => commit(value), debounceMs)
    },
    commit,
    chooseBot: (id: string) => write('bot', id),
  }
}

/** The messages found, page by page, newest first; those of the search before stay until the next ones are there. */
export function useHits(query: string, botId: string | undefined) {
  const client = useClient()
  return useInfiniteQuery({
    queryKey: [...keys.search, query, botId ?? null],
    queryFn: ({ pageParam, signal }) =>
      client.page(contract.search.messages, { query: { q: query, project_id: botId, cursor: pageParam }, signal }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: ({ nextCursor }) => nextCursor,
    enabled: query !== '',
    placeholderData: keepPreviousData,
    staleTime: 10_000,
  })
}
