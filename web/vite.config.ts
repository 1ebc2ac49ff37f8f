import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { brotliCompress, constants, gzip } from 'node:zlib'
import tailwindcss from '@tailwindcss/vite'
import react from '@vitejs/plugin-react'
import { defineConfig, type Plugin, type Rolldown } from 'vite'
import { contractWithoutSchemas } from './contract-plugin.ts'

/** `npm run dev` serves the API on port 8000; Vite's own server hands on what is not a page or a module. */
const api = 'http://127.0.0.1:8000'
const apiPaths = [
  'auth',
  'users',
  'projects',
  'workspace',
  'chat',
  'attachments',
  'sessions',
  'messages',
  'models',
  'search',
  'usage',
  'health',
]

/**
 * Few files rather than one for each icon: what the app begins with, what many pages share, and what only the chat page
 * needs. The rest is divided by the pages that use it.
 */
const chunkGroups: Rolldown.CodeSplittingOptions['groups'] = [
  { name: 'start', tags: ['$initial'] },
  { name: 'shared', test: /web[\\/]src[\\/](?:ui|lib)|lucide-react/, minShareCount: 6 },
  { name: 'chat', test: /web[\\/]src[\\/]app[\\/]chat-route\.tsx$/ },
]

export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  plugins: [contractWithoutSchemas(), react(), tailwindcss(), precompress()],
  resolve: {
    alias: {
      // The Markdown parser's own way to decode `&name;` in browsers sets innerHTML, which the page's policy forbids.
      'decode-named-character-reference': fileURLToPath(
        new URL('./src/markdown/character-entities.ts', import.meta.url),
      ),
    },
  },
  build: {
    target: 'es2023',
    // The policy of the page allows no data: scripts or styles.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rolldownOptions: { output: { codeSplitting: { groups: chunkGroups } } },
  },
  server: { proxy: Object.fromEntries(apiPaths.map((path) => [`/${path}`, api])) },
})

/** Below this a smaller file saves no packet. */
const minBytes = 1024

/** Puts a `.br` and a `.gz` beside every asset that gains by it; the server sends the one that the browser takes. */
function precompress(): Plugin {
  return {
    name: 'precompress',
    apply: 'build',
    async writeBundle({ dir }) {
      if (!dir) return
      const assets = join(dir, 'assets')
      const names = (await readdir(assets)).filter((name) => /\.(js|css|svg|json|ttf)$/.test(name))
      await Promise.all(names.map((name) => compress(join(assets, name))))
    },
  }
}

async function compress(file: string): Promise<void> {
  const content = await readFile(file)
  if (content.length < minBytes) return
  const params = { [constants.BROTLI_PARAM_SIZE_HINT]: content.length }
  await Promise.all([
    promisify(brotliCompress)(content, { params }).then((smaller) => writeFile(`${file}.br`, smaller)),
    promisify(gzip)(content, { level: constants.Z_BEST_COMPRESSION }).then((smaller) =>
      writeFile(`${file}.gz`, smaller),
    ),
  ])
}
