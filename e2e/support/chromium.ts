import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, rename, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { inflate } from '@sparticuz/chromium'

export interface Chromium {
  executablePath: string
  /** The libraries and fonts it came with, for machines that have none. */
  env: Record<string, string>
}

/**
 * The Chromium of the npm package, unpacked once per version and machine into the temporary folder. Linux on x64 only; the
 * package's own `args` are not used: they switch the browser's security off.
 */
export async function unpackChromium(): Promise<Chromium> {
  const packageDir = dirname(dirname(fileURLToPath(import.meta.resolve('@sparticuz/chromium'))))
  const { version } = JSON.parse(await readFile(join(packageDir, 'package.json'), 'utf8'))
  const dir = join(tmpdir(), `chatbot-chromium-${version}`)
  if (!existsSync(dir)) await unpack(join(packageDir, 'bin'), dir)
  return {
    executablePath: join(dir, 'chromium'),
    env: { LD_LIBRARY_PATH: join(dir, 'al2023', 'lib'), FONTCONFIG_PATH: join(dir, 'fonts'), HOME: dir },
  }
}

/** Unpacks beside the final place and moves it there whole, so that nobody ever starts half a browser. */
async function unpack(binDir: string, dir: string): Promise<void> {
  const systemTmp = process.env.TMPDIR
  const made = await mkdtemp(`${dir}-`)
  // `inflate` writes into the temporary folder, whichever that is at the time.
  process.env.TMPDIR = made
  try {
    for (const file of ['chromium.br', 'al2023.tar.br', 'fonts.tar.br']) await inflate(join(binDir, file))
    await mkdir(dirname(dir), { recursive: true })
    await rename(made, dir).catch((error) => {
      if (!existsSync(dir)) throw error
    })
  } finally {
    if (systemTmp === undefined) delete process.env.TMPDIR
    else process.env.TMPDIR = systemTmp
    await rm(made, { recursive: true, force: true })
  }
}
