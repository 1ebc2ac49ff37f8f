import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises'
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
  const packageDir = packageFolder('@sparticuz/chromium', '../..')
  const { version } = JSON.parse(await readFile(join(packageDir, 'package.json'), 'utf8'))
  const dir = join(tmpdir(), `chatbot-chromium-${version}`)
  if (!existsSync(dir)) await unpack(join(packageDir, 'bin'), dir)
  return {
    executablePath: join(dir, 'chromium'),
    env: { LD_LIBRARY_PATH: join(dir, 'al2023', 'lib'), FONTCONFIG_FILE: await writeFontSettings(dir), HOME: dir },
  }
}

/**
 * The fonts of the pages, the same on every machine: Open Sans, which Chromium came with, and DejaVu for code and for
 * scripts that Open Sans does not have, such as Arabic. The settings in the package name folders of another place.
 */
async function writeFontSettings(dir: string): Promise<string> {
  const settings = `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir>${join(dir, 'fonts', 'fonts')}</dir>
  <dir>${packageFolder('dejavu-fonts-ttf/package.json', '../ttf')}</dir>
  <cachedir>${join(dir, 'fonts-cache')}</cachedir>
  <selectfont><rejectfont><glob>*/DejaVu*Condensed*</glob></rejectfont></selectfont>
  <alias binding="same"><family>system-ui</family><prefer><family>Open Sans</family></prefer></alias>
  <alias binding="same"><family>sans-serif</family><prefer><family>Open Sans</family></prefer></alias>
  <alias binding="same"><family>monospace</family><prefer><family>DejaVu Sans Mono</family></prefer></alias>
</fontconfig>
`
  const file = join(dir, 'fonts.conf')
  const isCurrent = (await readFile(file, 'utf8').catch(() => '')) === settings
  // Moved into place whole: another browser may be reading it.
  if (!isCurrent) {
    const made = `${file}.${process.pid}`
    await writeFile(made, settings)
    await rename(made, file)
  }
  return file
}

/** The folder at `path` from what an import of `name` resolves to. */
function packageFolder(name: string, path: string): string {
  return join(fileURLToPath(import.meta.resolve(name)), path)
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
