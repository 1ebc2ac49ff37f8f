import type { ChatImage } from '../../llm/provider.ts'

/** The images of a message on a path: those that a model is shown, and how many it is only told of. */
export interface ShownImages {
  images: readonly ChatImage[]
  untold: number
}

/** By the number of messages from the question, which has 0. */
export type ImagesByDepth = ReadonlyMap<number, ShownImages>

/** About what a model takes for an image, in tokens; vendors take 85 to 1,600, by size and model. */
export const tokensOfImage = 1000

/** A message's text, and notes in the place of images that are not shown. */
export function withNotes(text: string, { untold }: ShownImages): string {
  return untold === 0 ? text : `${'[image] '.repeat(untold).trimEnd()}\n${text}`.trimEnd()
}
