import { z } from 'zod'
import { filesUrl, key, oneOf, type Setting, setting, whole } from './setting-kinds.ts'

/** Settings of documents, web sources and how they are found. */
export const knowledgeSettings = {
  FILES_URL: setting(
    filesUrl(),
    'Where documents are kept: `file:///folder`, or `s3://bucket/prefix?endpoint=https://…&region=…` for any S3-compatible storage (`virtual_host=true`, the default without an endpoint, puts the bucket into the host’s name). Servers that share a database share this too.',
    { unset: 'the folder `files` in `DATA_DIR`', example: 'file:///var/lib/chatbot/files' },
  ),
  FILES_ACCESS_KEY_ID: setting(key(), 'Access key for an S3 storage.', { required: 'with `s3://`', secret: true }),
  FILES_SECRET_ACCESS_KEY: setting(key(), 'Its secret.', { required: 'with `s3://`', secret: true }),
  FILES_MAX_FILE_MB: setting(whole(1, 2000).default(25), 'Largest document, in MiB.'),
  FILES_MAX_PROJECT_MB: setting(whole(1, 1_000_000).default(500), 'Documents of one project together, in MiB.'),
  FILES_MAX_WORKSPACE_MB: setting(
    whole(1, 10_000_000).default(2048),
    'Documents of one workspace together, and as much again of images in messages, in MiB.',
  ),
  FILES_MAX_PER_PROJECT: setting(whole(1, 1_000_000).default(500), 'Documents that one project may have.'),
  FILES_MAX_PAGES: setting(whole(1, 100_000).default(2000), 'Pages that one document may have.'),
  FILES_MAX_CHARACTERS: setting(
    whole(1000, 100_000_000).default(5_000_000),
    'Characters of text that one document may have.',
  ),
  SOURCES_MAX_PER_PROJECT: setting(whole(1, 1000).default(20), 'Web sources that one project may have.'),
  SOURCES_MAX_PAGES: setting(whole(1, 10_000).default(200), 'Pages that are read of one web source.'),
  INDEX_CONCURRENCY: setting(
    whole(1, 16).default(1),
    'Documents that one process reads at once, each in a child process of up to 512 MiB.',
  ),
  EMBEDDING_PROVIDER: setting(
    oneOf('openai', 'openrouter', 'openai-compatible').optional(),
    'Provider of the model that turns passages into vectors, so that they are found by their meaning too. It is sent the text of all documents.',
    { unset: 'passages are found by their words alone' },
  ),
  EMBEDDING_MODEL: setting(
    z.string().min(1).max(200).optional(),
    'That model. After a change documents are found by words until they are indexed again.',
    {
      unset: '`text-embedding-3-small` on OpenAI and OpenRouter',
      required: 'with `openai-compatible`',
      example: 'nomic-embed-text',
    },
  ),
  EMBEDDING_DIMENSIONS: setting(
    whole(32, 16_384).optional(),
    'Shorter vectors than the model’s own, where the model can shorten them.',
    { unset: 'as many as the model makes' },
  ),
  KNOWLEDGE_MAX_PASSAGES: setting(whole(1, 50).default(8), 'Passages of documents that one answer is given at most.'),
  KNOWLEDGE_MAX_TOKENS: setting(
    whole(200, 100_000).default(3000),
    'What these passages may take of a prompt, in tokens, about. In a small window the conversation keeps half of the room.',
  ),
} satisfies Record<string, Setting>
