import { type Attachment, type ChatTurn, contract, type Project } from '@chatbot-platform/contract'
import type { TestUser } from '../support/app.ts'
import { imageFile, png } from '../support/images.ts'
import type { Upstream } from '../support/upstream.ts'

/** An image of a colour of its own, so that two are never the same. */
export function coloured(red: number): Buffer {
  return png({ colour: [red, 0, 0] })
}

export function attach(user: TestUser, { id }: Pick<Project, 'id'>, content = png()): Promise<Attachment> {
  const params = { project_id: id }
  return user.client.call(contract.attachments.upload, { params, body: { file: imageFile(content) } })
}

/** Asks with images, in a new session or in the given one. */
export function askWith(
  user: TestUser,
  { id }: Pick<Project, 'id'>,
  images: Pick<Attachment, 'id'>[],
  sessionId?: string,
): Promise<ChatTurn> {
  const attachments = images.map((image) => image.id)
  const body = {
    project_id: id,
    message: 'What is this?',
    attachments,
    ...(sessionId ? { session_id: sessionId } : {}),
  }
  return user.client.call(contract.chat.send, { body })
}

/** The image as the API hands it out. */
export async function contentOf(user: TestUser, { id }: Pick<Attachment, 'id'>): Promise<Response> {
  return user.client.send(contract.attachments.content, { params: { attachment_id: id } })
}

/** The content of the messages that the upstream was sent last, each a text or its parts. */
export function lastContents(upstream: Upstream): unknown[] {
  const messages = upstream.requests.at(-1)?.body.messages ?? []
  return messages.map(({ content }) => content)
}

export const urlOf = (content: Buffer) => `data:image/png;base64,${content.toString('base64')}`
export const part = (content: Buffer) => ({ type: 'image_url', image_url: { url: urlOf(content) } })
