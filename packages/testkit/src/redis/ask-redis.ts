import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

const HOST = '127.0.0.1';
const DEADLINE_MS = 60_000;
const LOOK_INTERVAL_MS = 50;

/** Waits until a Redis says so. @param what is not so if it never does */
export async function untilRedis(what: string, isSo: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + DEADLINE_MS;
  while (!(await isSo().catch(() => false))) {
    if (performance.now() > deadline) throw new Error(`${what} after ${String(DEADLINE_MS)} ms`);
    await delay(LOOK_INTERVAL_MS);
  }
}

/** One command on a connection of its own; the whole answer, without being understood. */
export async function askRedis(port: number, words: readonly string[], password?: string): Promise<string> {
  const socket = connect(port, HOST);
  socket.end((password === undefined ? '' : toCommand(['AUTH', password])) + toCommand(words));
  let answer = '';
  for await (const piece of socket) answer += String(piece);
  return password === undefined ? answer : answer.replace('+OK\r\n', '');
}

function toCommand(words: readonly string[]): string {
  const parts = words.map((word) => `$${String(Buffer.byteLength(word))}\r\n${word}\r\n`);
  return `*${String(words.length)}\r\n${parts.join('')}`;
}
