// Starts a kulant of its own with the demo world for one run of the tests: free port, folder that goes afterwards.
// KULANT_BINARY names the program; without it the one that was built is taken.
import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import type { TestProject } from 'vitest/node'

declare module 'vitest' {
  export interface ProvidedContext {
    address: string
    passwords: Record<'administrator' | 'supervisor' | 'agent', string>
  }
}

const READY_WITHIN_MS = 60_000

export function findProgram(): string {
  const asked = process.env.KULANT_BINARY
  const built = ['release', 'debug'].map((profile) => resolve(import.meta.dirname, `../../target/${profile}/kulant`))
  const found = (asked ? [resolve(asked)] : built).find((path) => existsSync(path))
  if (found) return found
  throw new Error(
    asked
      ? `KULANT_BINARY names ${asked}, but there is no such file.`
      : 'There is no kulant to test: build one with `make build`, or name it in KULANT_BINARY.',
  )
}

export function freePort(): Promise<number> {
  return new Promise((found, failed) => {
    const server = createServer().once('error', failed)
    server.listen(0, '127.0.0.1', () => {
      const at = server.address()
      server.close(() => (at && typeof at === 'object' ? found(at.port) : failed(new Error('no port'))))
    })
  })
}

export default async function start(project: TestProject) {
  const program = findProgram()
  const folder = mkdtempSync(join(tmpdir(), 'kulant-e2e-'))
  const listen = `127.0.0.1:${await freePort()}`
  const child = spawn(program, ['demo', '--data', folder, '--listen', listen, '--seed', '7'], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, KULANT_ALLOWED_HOSTS: '127.0.0.1' },
  })
  const stop = async () => {
    await end(child)
    rmSync(folder, { recursive: true, force: true })
  }
  try {
    const said = await readyWords(child, 'Ctrl-C')
    const password = (role: string) => said.match(new RegExp(`^\\s*${role}\\s+\\S+@\\S+\\s+(\\S+)`, 'm'))?.[1] ?? ''
    project.provide('address', `http://${listen}`)
    project.provide('passwords', { administrator: password('administrator'), supervisor: password('supervisor'), agent: password('agent') })
  } catch (error) {
    await stop()
    throw error
  }
  return stop
}

/** Waits until the program has said a word, and gives all that it said. */
export function readyWords(child: ChildProcess, word: string): Promise<string> {
  return new Promise((ready, failed) => {
    let said = ''
    const late = setTimeout(() => failed(new Error(`kulant was not ready in time. It said:\n${said}`)), READY_WITHIN_MS)
    const hear = (chunk: Buffer) => {
      said += chunk.toString()
      if (!said.includes(word)) return
      clearTimeout(late)
      ready(said)
    }
    child.stdout?.on('data', hear)
    child.stderr?.on('data', hear)
    child.once('exit', (code) => {
      clearTimeout(late)
      failed(new Error(`kulant ended by itself (${code}). It said:\n${said}`))
    })
  })
}

export async function end(child: ChildProcess) {
  if (child.exitCode !== null || child.signalCode !== null) return
  const over = new Promise((resume) => child.once('exit', resume))
  child.kill('SIGINT')
  const hard = setTimeout(() => child.kill('SIGKILL'), 10_000)
  await over
  clearTimeout(hard)
}
