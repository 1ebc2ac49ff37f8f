// `npm run dev:web`: the web app from its sources with hot reload on port 5173, beside a server on port 8000.
import { createServer } from 'vite'

const server = await createServer({ configFile: 'web/vite.config.ts' })
await server.listen()
server.printUrls()
