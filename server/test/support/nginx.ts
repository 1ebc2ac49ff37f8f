import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { freePort } from './free-port.ts'

/** The nginx of this machine, if it has one. */
export const findNginx = () => ['/usr/sbin/nginx', 'nginx'].find((path) => spawnSync(path, ['-v']).status === 0)

/** A running nginx with the configuration of `deploy/nginx`. */
export interface TestNginx {
  /** Of the server that sends everybody to the other one. */
  plainUrl: string
  /** Of the server that passes requests on. */
  url: string
  stop(): Promise<void>
}

/**
 * Starts one in front of `servers` (`host:port` each) with deploy/nginx/*.conf as they are, but for ports, paths and servers.
 * Without `tls` the second server speaks plain HTTP, for clients that know no certificate of ours.
 */
export async function startNginx(servers: string[], { tls }: { tls: boolean }): Promise<TestNginx> {
  const folder = mkdtempSync(join(tmpdir(), 'chatbot-nginx-'))
  const ports = { plain: await freePort(), main: await freePort() }
  if (tls) makeCertificate(folder)
  writeFileSync(join(folder, 'nginx.conf'), configuration(folder, ports, servers, tls))
  const nginx = spawn(findNginx() ?? 'nginx', ['-p', folder, '-c', 'nginx.conf', '-g', 'daemon off;'], {
    // Whoever waits for the end of our output would wait for its end too.
    stdio: 'ignore',
  })
  const killAtExit = () => void nginx.kill('SIGKILL')
  process.once('exit', killAtExit)
  await untilListening(nginx, ports.plain, join(folder, 'error.log'))
  return {
    plainUrl: `http://127.0.0.1:${ports.plain}`,
    url: `${tls ? 'https' : 'http'}://127.0.0.1:${ports.main}`,
    stop: async () => {
      const ended = once(nginx, 'exit')
      if (nginx.kill('SIGTERM')) await ended
      process.off('exit', killAtExit)
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

const read = (name: string) => readFileSync(new URL(`../../../deploy/nginx/${name}`, import.meta.url), 'utf8')

function configuration(folder: string, ports: { plain: number; main: number }, servers: string[], tls: boolean) {
  const site = read('chatbot.conf')
    .replaceAll(/^ {2}listen \[::\].+\n/gm, '')
    .replace('listen 80;', `listen 127.0.0.1:${ports.plain};`)
    .replace('listen 443 ssl http2;', `listen 127.0.0.1:${ports.main}${tls ? ' ssl http2' : ''};`)
    .replaceAll(tls ? /^$/g : /^ {2}ssl_.+\n/gm, '')
    .replaceAll('/etc/nginx/tls/', `${folder}/`)
    .replaceAll('/var/log/nginx/', `${folder}/`)
  const lines = servers.map((server) => `server ${server};`).join('\n  ')
  const upstream = read('upstream.conf').replace('server 127.0.0.1:8000;', lines)
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `${name}_temp_path ${folder}/${name};`,
  )
  return `pid ${folder}/nginx.pid;
error_log ${folder}/error.log;
worker_processes 1;
${process.getuid?.() === 0 ? 'user root;' : ''}
events {}
http {
${temporary.join('\n')}
${upstream}
${site}
}
`
}

function makeCertificate(folder: string): void {
  const files = ['-keyout', join(folder, 'tls.key'), '-out', join(folder, 'tls.crt')]
  const options = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '1']
  execFileSync('openssl', [...options, '-subj', '/CN=localhost', ...files], { stdio: 'ignore' })
}

async function untilListening(nginx: ChildProcess, port: number, log: string): Promise<void> {
  for (let attempt = 0; attempt < 500 && nginx.exitCode === null; attempt++) {
    const answer = await fetch(`http://127.0.0.1:${port}/`, { redirect: 'manual' }).catch(() => undefined)
    if (answer) return
    await sleep(20)
  }
  throw new Error(`nginx does not answer: ${existsSync(log) ? readFileSync(log, 'utf8') : 'it says nothing'}`)
}
