import type { ServerResponse } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  type ChatBody,
  type RenderedRound,
  type Round,
  renderCompletion,
  renderError,
  renderRound,
} from './upstream-round.ts'

const eventStream = { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-cache' }

/** Rounds that say the same to everyone are rendered once for each model, so that benchmarks do not measure the upstream. */
const rendered = new WeakMap<Round, Map<string, Buffer>>()

/** Writes one round. Returns when everything was written or the client has gone; a hanging round returns at once. */
export async function writeRound(response: ServerResponse, round: Round, body: ChatBody): Promise<void> {
  if (round.hang === true) return
  if (round.cutAfter === -1) return cut(response, round)
  if (round.status !== undefined || round.body !== undefined) return writeGiven(response, round)
  if (round.json || body.stream !== true) return writeCompletion(response, round, body)
  if (isPlain(round)) return writeAtOnce(response, round, body)
  response.writeHead(round.status ?? 200, { ...eventStream, ...round.headers })
  response.flushHeaders()
  if (round.hang === 'headers') return
  if (round.rawChunks) await writePackets(response, round, round.rawChunks)
  else await writePieces(response, round, renderRound(round, body))
}

function isPlain({ text, usage, finishReason, model, ...rest }: Round): boolean {
  return Object.keys(rest).length === 0
}

function writeAtOnce(response: ServerResponse, round: Round, body: ChatBody) {
  const model = body.model ?? ''
  const byModel = rendered.get(round) ?? new Map<string, Buffer>()
  rendered.set(round, byModel)
  let stream = byModel.get(model)
  if (!stream) {
    const { head, pieces, tail } = renderRound(round, body)
    stream = Buffer.from([...head, ...pieces, ...tail].join(''))
    byModel.set(model, stream)
  }
  response.writeHead(200, eventStream)
  response.end(stream)
}

function writeGiven(response: ServerResponse, { status = 200, headers, body = '' }: Round): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers })
  response.end(body)
}

async function writeCompletion(response: ServerResponse, round: Round, body: ChatBody): Promise<void> {
  await round.gate?.opened
  response.writeHead(200, { 'content-type': 'application/json', ...round.headers })
  response.end(renderCompletion(round, body))
}

async function writePieces(
  response: ServerResponse,
  round: Round,
  { head, pieces, tail }: RenderedRound,
): Promise<void> {
  const packets = [...pieces.map((piece) => [piece]), tail]
  const fault = round.cutAfter ?? round.hang ?? round.errorAfter
  // Together with the first piece, unless there is to be none.
  if (fault === 0) await write(response, round, head.join(''))
  else packets[0]?.unshift(...head)
  for (const [index, packet] of packets.entries()) {
    if (index > 0 && round.delayMs !== undefined) await sleep(round.delayMs)
    if (round.gate && index === (round.gateAfter ?? 0)) await round.gate.opened
    if (response.destroyed) return
    if (round.cutAfter === index) return cut(response, round)
    if (round.hang === index) return
    if (round.errorAfter === index) return void response.end(renderError(round))
    await write(response, round, packet.join(''))
  }
  if (!round.stayOpen) response.end()
}

async function writePackets(response: ServerResponse, round: Round, packets: (string | Buffer)[]): Promise<void> {
  for (const packet of packets) {
    if (response.destroyed) return
    await write(response, round, packet)
    await sleep(round.delayMs ?? 0)
  }
  if (!round.stayOpen) response.end()
}

async function write(response: ServerResponse, round: Round, data: string | Buffer): Promise<void> {
  if (data.length === 0) return
  const bytes = Buffer.from(data)
  const packets = round.bytewise ? Array.from(bytes, (_, index) => bytes.subarray(index, index + 1)) : [bytes]
  for (const packet of packets) {
    const isFull = !response.write(packet)
    if (round.bytewise) await sleep(0)
    if (isFull) await roomIn(response)
    if (response.destroyed) return
  }
}

async function roomIn(response: ServerResponse): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  response.once('drain', resolve).once('close', resolve)
  await promise
  response.off('drain', resolve).off('close', resolve)
}

/** Ends the connection without ending the answer. */
function cut(response: ServerResponse, round: Round): void {
  if (round.cutWith === 'rst') response.socket?.resetAndDestroy()
  else response.socket?.destroySoon()
}
