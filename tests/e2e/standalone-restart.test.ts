import { cpSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

import { type GatewayProcess, RawClient, type ServerFrameOf, ServiceProcess, startStandalone } from '@outcry/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const ENTRY = 'apps/standalone/src/start.ts';
const KEY = 'key-of-the-server';
const COUNT = 30;
const KEPT = 5;
const FATAL = 60;
const range = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, i) => from + i);

let folder: string;
let running: GatewayProcess | undefined;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'outcry-data-'));
});
afterEach(async () => {
  await running?.[Symbol.asyncDispose]();
  running = undefined;
  rmSync(folder, { recursive: true });
});

async function start(): Promise<GatewayProcess> {
  // A room in memory has less than the file.
  running = await startStandalone({ dataDir: join(folder, 'data'), historyCount: KEPT, demo: false, apiKeys: KEY });
  return running;
}

async function connect({ url }: GatewayProcess, user: string): Promise<RawClient> {
  const client = await RawClient.connect({ url, encoding: 'json', token: user });
  await client.next('welcome');
  return client;
}

async function say(client: RawClient, room: string, n: number): Promise<number | undefined> {
  return (await client.expectAnswer('ack', { type: 'publish', room, data: { n } })).seq;
}

/** How many messages are in the file, by a copy of it as it is: somebody has it locked. */
function countStored(): number {
  const copy = mkdtempSync(join(tmpdir(), 'outcry-copy-'));
  cpSync(join(folder, 'data'), copy, { recursive: true });
  const file = new DatabaseSync(join(copy, 'messages.sqlite'));
  try {
    return Number(file.prepare('SELECT count(*) AS count FROM messages').get()?.['count']);
  } finally {
    file.close();
    rmSync(copy, { recursive: true });
  }
}

const seqsIn = ({ messages = [] }: ServerFrameOf<'ack'>): number[] =>
  messages.map((message) => (message as { readonly seq: number }).seq);

async function readBack(client: RawClient, room: string): Promise<readonly number[]> {
  const seen: number[] = [];
  let page: ServerFrameOf<'ack'>;
  do {
    const before = seen[0] === undefined ? {} : { before: seen[0] };
    page = await client.expectAnswer('ack', { type: 'history', room, limit: 7, ...before });
    seen.unshift(...seqsIn(page));
  } while (page.more === true);
  return seen;
}

describe('what npm start starts', () => {
  it('has what was said before it was killed, in one order of numbers, and clients resume', async () => {
    const first = await start();
    const ann = await connect(first, 'ann');
    const { epoch } = await ann.expectAnswer('joined', { type: 'join', room: 'lobby', history: 0 });
    for (const n of range(1, COUNT)) expect(await say(ann, 'lobby', n)).toBe(n);
    await say(ann, '@bob', 0);
    await expect.poll(() => countStored()).toBe(COUNT + 1);
    first.process.kill();
    await first.process.exited;

    const second = await start();
    const again = await connect(second, 'ann');
    const since = { epoch, seq: 10 };
    const joined = await again.expectAnswer('joined', { type: 'join', room: 'lobby', since });
    expect(joined).toMatchObject({ recovered: true });
    await again.next({ type: 'message', room: 'lobby', seq: COUNT });
    const resumed = again.received.filter((frame) => frame.type === 'message' && frame.room === 'lobby');
    expect(resumed.map((frame) => (frame as { readonly seq: number }).seq)).toEqual(range(11, COUNT));
    expect(resumed.at(-1)).toMatchObject({ from: 'ann', data: { n: COUNT } });
    expect(await readBack(again, 'lobby')).toEqual(range(1, COUNT));
    expect(await say(again, 'lobby', COUNT + 1)).toBe(COUNT + 1);
    const bob = await connect(second, 'bob');
    expect(seqsIn(await bob.expectAnswer('ack', { type: 'history', room: '@bob', limit: 10 }))).toEqual([1]);
    // Who has seen what was lost with the process is told.
    const lost = await connect(second, 'eve');
    const ahead = { epoch, seq: COUNT + 1 };
    const told = await lost.expectAnswer('joined', { type: 'join', room: 'lobby', since: ahead });
    expect(told).toMatchObject({ recovered: false });
    expect(await second.process.stop()).toEqual({ code: 0, signal: null });

    const third = await start();
    const last = await connect(third, 'ann');
    await last.expectAnswer('joined', { type: 'join', room: 'lobby', history: 0 });
    expect(await readBack(last, 'lobby')).toEqual(range(1, COUNT + 1));
  });

  it('finds by the server API what was said before, and what was said just now', async () => {
    const first = await start();
    const ann = await connect(first, 'ann');
    await ann.expectAnswer('joined', { type: 'join', room: 'lobby' });
    await ann.expectAnswer('ack', { type: 'publish', room: 'lobby', data: { text: 'Tulips, sold' } });
    await first.process.stop();
    const second = await start();
    const bob = await connect(second, 'bob');
    await bob.expectAnswer('joined', { type: 'join', room: 'garden' });
    await bob.expectAnswer('ack', { type: 'publish', room: 'garden', data: ['tulips'] });
    const search = async (params: object): Promise<unknown> => {
      const headers = { authorization: `Bearer ${KEY}` };
      const body = JSON.stringify(params);
      return (await fetch(`${second.internalUrl}/api/search`, { method: 'POST', headers, body })).json();
    };
    expect(await search({ text: 'tulips' })).toMatchObject({
      messages: [
        { room: 'garden', seq: 1, from: 'bob', data: ['tulips'] },
        { room: 'lobby', seq: 1, from: 'ann', data: { text: 'Tulips, sold' } },
      ],
    });
    expect(await search({ text: 'tulips', room: 'l*', language: 'simple' })).toMatchObject({ messages: [{ seq: 1 }] });
    expect(await search({ text: 'tulip', language: 'english' })).toMatchObject({ error: { code: 'noLanguage' } });
    const metrics = await (await fetch(`${second.internalUrl}/metrics`)).text();
    expect(metrics).toContain('outcry_gateway_archive_searches_total{outcome="answered"} 2\n');
    expect(metrics).toContain('outcry_gateway_archive_searches_total{outcome="noLanguage"} 1\n');
  });

  it('says where messages are, and is alone there', async () => {
    const first = await start();
    const words = `messages in ${join(folder, 'data')} (--memory keeps none)`;
    await expect.poll(() => first.process.output.join('\n')).toContain(words);
    const env = {
      OUTCRY_DATA_DIR: join(folder, 'data'),
      OUTCRY_DEMO: 'false',
      OUTCRY_PORT: '0',
      OUTCRY_INTERNAL_PORT: '0',
    };
    const second = new ServiceProcess({ entry: ENTRY, env });
    expect(await second.exited).toEqual({ code: 1, signal: null });
    expect(second.log.filter(({ level }) => level === FATAL).map((record) => record['reason'])).toEqual([
      `another outcry uses the folder ${join(folder, 'data')}: stop it, or name another folder with OUTCRY_DATA_DIR, or start with --memory`,
    ]);
  });

  it('keeps nothing with --memory', async () => {
    const env = {
      XDG_DATA_HOME: folder,
      HOME: folder,
      OUTCRY_DEMO: 'false',
      OUTCRY_PORT: '0',
      OUTCRY_INTERNAL_PORT: '0',
    };
    const process = new ServiceProcess({ entry: ENTRY, args: ['--memory'], env });
    await process.waitForLog('gateway listening');
    await process.stop();
    expect(existsSync(join(folder, 'outcry'))).toBe(false);
    expect(process.output.join('\n')).not.toContain('messages in');
    const wrong = new ServiceProcess({ entry: ENTRY, args: ['--memory'], env: { ...env, OUTCRY_DATA_DIR: folder } });
    expect(await wrong.exited).toEqual({ code: 1, signal: null });
    expect(wrong.output.join('\n')).toContain('OUTCRY_DATA_DIR: nothing is kept with --memory, or OUTCRY_MEMORY');
  });
});
