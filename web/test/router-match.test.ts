import { describe, expect, test } from 'vitest'
import { createMatcher } from '../src/lib/router/match.ts'

describe('an address', () => {
  const chat = createMatcher('/app/chat/:projectId/:sessionId?')

  test.each([
    ['/app/chat/p', { projectId: 'p', sessionId: undefined }],
    ['/app/chat/p/s', { projectId: 'p', sessionId: 's' }],
    ['/app/chat/p/s/', { projectId: 'p', sessionId: 's' }],
    ['/App/Chat/P', { projectId: 'P', sessionId: undefined }],
    ['/app/chat/a%20b', { projectId: 'a b', sessionId: undefined }],
    ['/app/chat/50%', { projectId: '50%', sessionId: undefined }],
  ])('%s has the parts %o', (path, parts) => {
    expect(chat(path)).toEqual(parts)
  })

  test.each(['/app/chat', '/app/chat/', '/app/chat/p/s/more', '/other/app/chat/p', '/app/chats/p'])(
    '%s is another one',
    (path) => {
      expect(chat(path)).toBeNull()
    },
  )

  test('may be any below another', () => {
    const any = createMatcher('/app/*')
    expect(any('/app')).toEqual({})
    expect(any('/app/a/b')).toEqual({})
    expect(any('/apple')).toBeNull()
    expect(createMatcher('/*')('/')).toEqual({})
  })
})
