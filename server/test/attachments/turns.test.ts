import { contract } from '@chatbot-platform/contract'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createProject, startTestApp, type TestApp, type TestUser } from '../support/app.ts'
import { addDocument } from '../support/documents.ts'
import { ask, messagesOf, problemOf } from '../support/turns.ts'
import { askWith, attach, coloured, contentOf, lastContents, part } from './images.ts'

let app: TestApp
let user: TestUser

beforeAll(async () => {
  app = await startTestApp({ env: { RUN_JOBS: 'false' } })
  user = await app.user()
})
afterAll(() => app.close())

const text = (words: string) => ({ type: 'text', text: words })

describe('a model is sent', () => {
  test('the images of the question with their bytes, and those before it again', async () => {
    const project = await createProject(user)
    const [red, dark] = [coloured(255), coloured(80)]
    const first = await askWith(user, project, [await attach(user, project, red), await attach(user, project, dark)])
    expect(lastContents(app.upstream)).toEqual([[text('What is this?'), part(red), part(dark)]])
    await ask(user, project, 'And why?', first.session_id)
    expect(lastContents(app.upstream)).toEqual([
      [text('What is this?'), part(red), part(dark)],
      expect.any(String),
      'And why?',
    ])
  })

  test('the latest four, and a note in the place of each before them', async () => {
    const project = await createProject(user)
    const [red, ...others] = [10, 20, 30, 40, 50].map(coloured)
    const first = await askWith(user, project, [await attach(user, project, red)])
    const later = await Promise.all(others.map((one) => attach(user, project, one)))
    await askWith(user, project, later, first.session_id)
    const [before, , question] = lastContents(app.upstream)
    expect(before).toBe('[image]\nWhat is this?')
    expect(question).toEqual([text('What is this?'), ...others.map(part)])
  })

  test('plain text where there never was an image', async () => {
    const project = await createProject(user)
    const turn = await ask(user, project, 'Hello')
    expect([lastContents(app.upstream), 'attachments' in turn.message]).toEqual([['Hello'], false])
  })
})

describe('images without a word', () => {
  const send = (project: { id: string }, attachments: { id: string }[], more: { session_id?: string } = {}) =>
    user.client.call(contract.chat.send, {
      body: { project_id: project.id, message: '', attachments: attachments.map(({ id }) => id), ...more },
    })

  test('are a message, and stay one in the conversation that follows', async () => {
    const project = await createProject(user)
    const [red, others] = [coloured(1), [2, 3, 4, 5].map(coloured)]
    const first = await send(project, [await attach(user, project, red)])
    expect([first.message.content, first.message.attachments?.length, first.assistant_message.state]).toEqual([
      '',
      1,
      'complete',
    ])
    expect(lastContents(app.upstream)).toEqual([[part(red)]])
    await ask(user, project, 'And why?', first.session_id)
    expect(lastContents(app.upstream)).toEqual([[part(red)], expect.any(String), 'And why?'])
    const later = await Promise.all(others.map((one) => attach(user, project, one)))
    await send(project, later, { session_id: first.session_id })
    expect(lastContents(app.upstream)).toEqual([
      '[image]',
      expect.any(String),
      'And why?',
      expect.any(String),
      others.map(part),
    ])
  })

  test('can be answered anew, and take the place of a question', async () => {
    const project = await createProject(user)
    const [red, dark] = [coloured(255), coloured(80)]
    const turn = await send(project, [await attach(user, project, red)])
    await user.client.call(contract.chat.regenerate, { params: { message_id: turn.assistant_message.id }, body: {} })
    expect(lastContents(app.upstream)).toEqual([[part(red)]])
    const other = await attach(user, project, dark)
    await user.client.call(contract.chat.edit, {
      params: { message_id: turn.message.id },
      body: { message: '', attachments: [other.id] },
    })
    expect(lastContents(app.upstream)).toEqual([[part(dark)]])
  })

  test('are answered in a project with documents too, in which nothing is looked for', async () => {
    const project = await createProject(user, { grounding: 'documents_only' })
    await addDocument(app, user, project, { name: 'Lamps.pdf', passages: [{ text: 'Lamps shine.' }] })
    const turn = await send(project, [await attach(user, project, coloured(255))])
    expect([turn.assistant_message.state, turn.assistant_message.citations ?? []]).toEqual(['complete', []])
    const question = lastContents(app.upstream).at(-1)
    expect(question).toContainEqual(part(coloured(255)))
    expect(JSON.stringify(question)).not.toContain('Lamps')
  })

  test('need at least one image, and an edit must name it', async () => {
    const project = await createProject(user)
    const nothing = await problemOf(send(project, []))
    expect([nothing.status, nothing.code]).toEqual([422, 'validation_failed'])
    const turn = await send(project, [await attach(user, project)])
    const edit = { params: { message_id: turn.message.id }, body: { message: '' } }
    expect((await problemOf(user.client.call(contract.chat.edit, edit))).status).toBe(422)
  })
})

describe('a question with images', () => {
  test('keeps them when it is answered anew, edited, listed and exported', async () => {
    const project = await createProject(user)
    const red = coloured(200)
    const image = await attach(user, project, red)
    const turn = await askWith(user, project, [image])
    const answer = { message_id: turn.assistant_message.id }
    const again = await user.client.call(contract.chat.regenerate, { params: answer, body: {} })
    expect([again.message.attachments, lastContents(app.upstream)]).toEqual([
      [image],
      [[text('What is this?'), part(red)]],
    ])
    const edited = await user.client.call(contract.chat.edit, {
      params: { message_id: turn.message.id },
      body: { message: 'What is that?' },
    })
    expect(lastContents(app.upstream)).toEqual([[text('What is that?'), part(red)]])
    const [copy] = edited.message.attachments ?? []
    expect(copy).toEqual({ ...image, id: expect.any(String) })
    expect(copy?.id).not.toBe(image.id)
    const [listed] = await messagesOf(user, turn.session_id)
    expect(listed?.attachments).toEqual([copy])
    const exported = await user.client.send(contract.sessions.export, {
      params: { session_id: turn.session_id },
      query: { format: 'markdown' },
    })
    expect(await exported.text()).toContain('What is that?\n\n- Image: PNG, 2 × 1\n')
  })

  test('gets other ones by an edit, or none, and the question before keeps its own', async () => {
    const project = await createProject(user)
    const [one, two] = [await attach(user, project, coloured(1)), await attach(user, project, coloured(2))]
    const turn = await askWith(user, project, [one])
    const params = { message_id: turn.message.id }
    const edit = (attachments: string[]) =>
      user.client.call(contract.chat.edit, { params, body: { message: 'Again', attachments } })
    const both = await edit([two.id, one.id])
    expect(lastContents(app.upstream)).toEqual([[text('Again'), part(coloured(2)), part(coloured(1))]])
    expect((await edit([])).message.attachments).toBeUndefined()
    expect(lastContents(app.upstream)).toEqual(['Again'])
    const siblings = await user.client.call(contract.chat.siblings, { params })
    expect(siblings.map(({ attachments }) => attachments?.length ?? 0)).toEqual([1, 2, 0])
    for (const image of both.message.attachments ?? []) expect((await contentOf(user, image)).status).toBe(200)
    expect((await problemOf(edit([two.id]))).status).toBe(422)
  })
})

describe('a model that reads no images', () => {
  test('is named as the likely reason of its refusal, and only then', async () => {
    const project = await createProject(user)
    const image = await attach(user, project)
    app.upstream.plays([{ status: 400 }])
    const problem = await problemOf(askWith(user, project, [image]))
    expect([problem.code, problem.detail]).toEqual([
      'provider_refused',
      expect.stringMatching(/may not read.*choose one/),
    ])
    app.upstream.plays([{ status: 400 }])
    expect((await problemOf(ask(user, project, 'Hello'))).detail).not.toMatch(/image/)
  })

  test('is told from a model that is gone, where a vendor answers 404 for both', async () => {
    const project = await createProject(user)
    const error = { message: 'No endpoints found that support image input', code: 404 }
    app.upstream.plays([{ status: 404, body: JSON.stringify({ error }) }])
    const problem = await problemOf(askWith(user, project, [await attach(user, project)]))
    expect(problem.code).toBe('provider_refused')
  })

  test('can be told beforehand where the vendor says so', async () => {
    const other = await startTestApp({ env: { RUN_JOBS: 'false' } })
    const modalities = (...input_modalities: string[]) => ({ architecture: { input_modalities } })
    other.upstream.offers([
      { id: 'sees', ...modalities('text', 'image') },
      { id: 'reads', ...modalities('text') },
      { id: 'silent' },
    ])
    const models = await (await other.user()).client.call(contract.models.list, {})
    const vision = Object.fromEntries(models.map(({ id, vision }) => [id, vision]))
    await other.close()
    expect(vision).toMatchObject({ sees: true, reads: false, silent: null })
  })
})

describe('a budget', () => {
  test('holds what images may take, and goes on without them', async () => {
    const project = await createProject(user, { max_tokens: 100 })
    const params = { project_id: project.id }
    await user.client.call(contract.budgets.setProject, { params, body: { tokens_per_day: 2000 } })
    const image = await attach(user, project)
    expect((await problemOf(askWith(user, project, [image]))).code).toBe('budget_exceeded')
    expect((await ask(user, project, 'Hello')).assistant_message.state).toBe('complete')
    await user.client.call(contract.budgets.setProject, { params, body: { tokens_per_day: 20_000 } })
    expect((await askWith(user, project, [image])).message.attachments).toEqual([image])
  })
})
