import { setTimeout as sleep } from 'node:timers/promises'
import { contract, type KnowledgeFile, type Project, type UploadResult } from '@chatbot-platform/contract'
import type { TestUser } from '../support/app.ts'

/** Uploads files of these names and contents. */
export function upload(
  user: TestUser,
  project: Pick<Project, 'id'>,
  contents: Record<string, string | Uint8Array<ArrayBuffer>>,
): Promise<UploadResult[]> {
  const files = Object.entries(contents).map(([name, content]) => new File([content], name))
  return user.client.call(contract.files.upload, { params: { project_id: project.id }, body: { files } })
}

/** Uploads one file, which must be taken. */
export async function uploadOne(
  user: TestUser,
  project: Pick<Project, 'id'>,
  name: string,
  content: string | Uint8Array<ArrayBuffer>,
): Promise<KnowledgeFile> {
  const [result] = await upload(user, project, { [name]: content })
  if (!result?.file) throw new Error(`${name} was not taken`)
  return result.file
}

export function getFile(user: TestUser, file: Pick<KnowledgeFile, 'id' | 'project_id'>): Promise<KnowledgeFile> {
  return user.client.call(contract.files.get, { params: { project_id: file.project_id, file_id: file.id } })
}

/** The document once it is `ready` or `failed`. */
export async function untilRead(
  user: TestUser,
  file: Pick<KnowledgeFile, 'id' | 'project_id'>,
  timeoutMs = 30_000,
): Promise<KnowledgeFile> {
  const deadline = Date.now() + timeoutMs
  for (;;) {
    const current = await getFile(user, file)
    if (current.state === 'ready' || current.state === 'failed') return current
    if (Date.now() > deadline) throw new Error(`the file is still ${current.state}`)
    await sleep(50)
  }
}
