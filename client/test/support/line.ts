import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'

/** The way to a server, on which a test can do what networks do. */
export interface Line {
  url: string
  /** Breaks every connection, now. */
  cut(): void
  /** Breaks a connection once so many more bytes of the server's have passed. */
  cutAfterBytes(count: number): void
  /** Requests arrive, but their answers are lost with the connection, so many times. */
  loseAnswers(count: number): void
  /** Nobody answers any more; open connections break. */
  goDown(): void
  comeBack(): void
  /** Bytes of the server's that were on the way are held back without breaking anything, until `comeBack`. */
  freeze(): void
  /** From now on the line leads to another server. */
  leadTo(url: string): void
  close(): Promise<void>
}

interface Faults {
  target: URL
  isDown: boolean
  isFrozen: boolean
  bytesLeft: number
  answersToLose: number
}

/** Opens a line to a server, at an address of its own on 127.0.0.1. */
export async function openLineTo(url: string): Promise<Line> {
  const sockets = new Set<Socket>()
  const faults: Faults = { target: new URL(url), isDown: false, isFrozen: false, bytesLeft: 0, answersToLose: 0 }
  const server = createServer((client) => join(client, faults, sockets))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const cut = () => {
    for (const socket of sockets) socket.destroy()
  }
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    cut,
    cutAfterBytes: (count) => void Object.assign(faults, { bytesLeft: count }),
    loseAnswers: (count) => void Object.assign(faults, { answersToLose: count }),
    goDown() {
      faults.isDown = true
      cut()
    },
    comeBack: () => void Object.assign(faults, { isDown: false, isFrozen: false }),
    freeze: () => void Object.assign(faults, { isFrozen: true }),
    leadTo(other) {
      faults.target = new URL(other)
      cut()
    },
    close: () => closed(server, cut),
  }
}

function join(client: Socket, faults: Faults, sockets: Set<Socket>): void {
  if (faults.isDown) {
    client.destroy()
    return
  }
  const server = connect(Number(faults.target.port), faults.target.hostname)
  const end = () => {
    client.destroy()
    server.destroy()
  }
  for (const socket of [client, server]) {
    sockets.add(socket)
    socket.on('error', end).on('close', () => {
      sockets.delete(socket)
      end()
    })
  }
  client.on('data', (bytes) => void server.write(bytes))
  server.on('data', (bytes) => pass(bytes, client, faults, end))
}

function pass(bytes: Buffer, client: Socket, faults: Faults, end: () => void): void {
  if (faults.isFrozen) return
  if (faults.answersToLose > 0) {
    faults.answersToLose -= 1
    end()
    return
  }
  const isTooMuch = faults.bytesLeft > 0 && bytes.length >= faults.bytesLeft
  if (!isTooMuch) {
    if (faults.bytesLeft > 0) faults.bytesLeft -= bytes.length
    client.write(bytes)
    return
  }
  client.write(bytes.subarray(0, faults.bytesLeft), end)
  faults.bytesLeft = 0
}

async function closed(server: Server, cut: () => void): Promise<void> {
  const done = new Promise((resolve) => server.close(resolve))
  cut()
  await done
}
