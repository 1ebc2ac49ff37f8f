import { DocumentError, type DocumentLimits, type Passage, type ReadDocument } from './document.ts'
import { brokenDocument, outOfMemory } from './reader-failures.ts'
import { ReaderMessage } from './reader-messages.ts'

type Told<Type extends ReaderMessage['type']> = Extract<ReaderMessage, { type: Type }>

/** A document put together from the messages of the process that reads it. */
export interface Assembly {
  line(line: string): void
  /** The document, once all of it has arrived. */
  document(): ReadDocument | undefined
  failure(): DocumentError | undefined
}

/** Believes nothing: a message that does not fit the ones before it makes the document a broken one. */
export function createAssembly(
  limits: DocumentLimits,
  onProgress?: (progress: Omit<Told<'progress'>, 'type'>) => void,
): Assembly {
  const passages: Passage[] = []
  let document: ReadDocument | undefined
  let failure: DocumentError | undefined

  function fail() {
    failure ??= brokenDocument()
  }
  function append(passage: Passage) {
    const { ordinal, text, start, end } = passage
    const after = passages.at(-1)?.end ?? 0
    const fits =
      ordinal === passages.length && start >= after && end - start === text.length && end <= limits.characters
    if (fits) passages.push(passage)
    else fail()
  }
  function finish({ type: _, ...about }: Told<'done'>) {
    const end = passages.at(-1)?.end
    if (end === about.characters) document = { ...about, passages }
    else fail()
  }

  return {
    line(line) {
      if (failure || document) return
      const message = parse(line)
      if (!message) return fail()
      if (message.type === 'progress') onProgress?.({ step: message.step, done: message.done, total: message.total })
      else if (message.type === 'passages') message.passages.forEach(append)
      else if (message.type === 'done') finish(message)
      else failure = told(message)
    },
    document: () => (failure ? undefined : document),
    failure: () => failure,
  }
}

function parse(line: string): ReaderMessage | undefined {
  try {
    return ReaderMessage.safeParse(JSON.parse(line)).data
  } catch {
    return undefined
  }
}

function told({ code, message }: Told<'failed'>): DocumentError {
  if (code === 'out_of_memory') return outOfMemory()
  return message === '' ? brokenDocument() : new DocumentError(code, message)
}
