import { createParser } from 'eventsource-parser'
import { type Dispatcher, request } from 'undici'

/** What one reader of a stream saw; times in milliseconds from the request. */
export interface Reading {
  firstMs: number
  gapsMs: number[]
  text: string
  /** The name of the last event. */
  ended: string | undefined
}

/** Reads a stream of the server or of a model, whichever it is, to its end. */
export async function readStream(
  dispatcher: Dispatcher,
  url: string,
  { headers, body }: { headers: Record<string, string>; body: object },
): Promise<Reading> {
  const reading: Reading = { firstMs: Number.NaN, gapsMs: [], text: '', ended: undefined }
  const began = performance.now()
  let last = began
  const parser = createParser({
    onEvent: ({ event, data }) => {
      reading.ended = event
      const text = textOf(event, data)
      if (text === '') return
      const now = performance.now()
      if (reading.text === '') reading.firstMs = now - began
      else reading.gapsMs.push(now - last)
      last = now
      reading.text += text
    },
  })
  const response = await request(url, {
    method: 'POST',
    dispatcher,
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
    headersTimeout: 0,
    bodyTimeout: 0,
  })
  if (response.statusCode !== 200) {
    reading.ended = `status ${response.statusCode} ${JSON.parse(await response.body.text()).code}`
    return reading
  }
  const decoder = new TextDecoder()
  for await (const chunk of response.body) parser.feed(decoder.decode(chunk, { stream: true }))
  return reading
}

function textOf(event: string | undefined, data: string): string {
  if (event === 'delta') return JSON.parse(data).text
  if (event !== undefined || data === '[DONE]') return ''
  return JSON.parse(data).choices?.[0]?.delta?.content ?? ''
}
