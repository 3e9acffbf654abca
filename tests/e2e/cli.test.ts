import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';

import { type GatewayProcess, startStandalone } from '@outcry/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const MAIN = new URL('../../tools/cli/src/main.ts', import.meta.url).pathname;

interface Result {
  readonly code: number | null;
  readonly out: string;
  readonly notes: string;
}

describe('the command line', () => {
  let standalone: GatewayProcess;
  beforeAll(async () => {
    standalone = await startStandalone();
  });
  afterAll(() => standalone[Symbol.asyncDispose]());

  function start(...args: string[]): ChildProcess {
    const env = { ...process.env, OUTCRY_URL: standalone.url, OUTCRY_TOKEN: 'ann' };
    return spawn(process.execPath, [MAIN, ...args], { env, stdio: 'pipe' });
  }

  async function outcry(...args: string[]): Promise<Result> {
    return finish(start(...args));
  }

  async function finish(child: ChildProcess): Promise<Result> {
    const { stdout, stderr } = child;
    if (stdout === null || stderr === null) throw new Error('no pipes');
    const [[code], out, notes] = await Promise.all([
      once(child, 'close') as Promise<[number | null]>,
      text(stdout),
      text(stderr),
    ]);
    return { code, out, notes };
  }

  it('publishes, and tails from a position', async () => {
    const [first, second] = [await outcry('publish', 'pit', 'one'), await outcry('publish', 'pit', 'two')];
    expect([first.code, second.code]).toEqual([0, 0]);
    const tailed = await outcry('tail', 'pit', '--since', first.out.trim(), '--count', '1', '--json');
    expect(tailed).toMatchObject({ code: 0 });
    expect(JSON.parse(tailed.out)).toMatchObject({ from: 'ann', data: { text: 'two' }, seq: 2 });
  });

  it('talks in a room until its input ends, and says who is there', async () => {
    const talker = start('join', 'lounge');
    talker.stdin?.end('hello\n\u001b[2Jbye\n');
    expect(await finish(talker)).toMatchObject({ code: 0 });
    const tailed = await outcry('tail', 'lounge', '--count', '2');
    expect(tailed.out).toMatch(/^\d\d:\d\d:\d\d ann: hello\n\d\d:\d\d:\d\d ann: \ufffd\[2Jbye\n$/);
    const members = await outcry('members', 'lounge', '--json');
    expect(JSON.parse(members.out)).toMatchObject({ count: 1, members: [{ user: 'ann' }] });
  });

  it('shows a book, and how long the way is', async () => {
    const [book, ping] = await Promise.all([
      outcry('book', 'BTCUSDT', '--depth', '10', '--count', '2', '--json'),
      outcry('ping', '--count', '3', '--interval', '1', '--json'),
    ]);
    const [line = ''] = book.out.split('\n');
    const shown = JSON.parse(line) as { bids: string[][]; asks: string[][] };
    expect(shown).toMatchObject({ symbol: 'BTCUSDT', status: 'live' });
    expect(shown.bids).toHaveLength(10);
    expect(Number(shown.bids[0]?.[0])).toBeLessThan(Number(shown.asks[0]?.[0]));
    expect(JSON.parse(ping.out)).toMatchObject({ count: 3 });
  });

  it('says what is wrong, by its exit code as well', async () => {
    const [refused, usage, help] = await Promise.all([
      outcry('book', 'NOSUCH'),
      outcry('ping', '--count', 'many'),
      outcry('--help'),
    ]);
    expect(refused.code).toBe(1);
    expect(refused.notes).toMatch(/unknownSymbol/);
    expect(usage.code).toBe(2);
    expect(usage.notes).toMatch(/whole number from 1/);
    expect(help.code).toBe(0);
    expect(help.out).toMatch(/outcry book BTCUSDT/);
    const nobody = await outcry('ping', '--url', 'ws://127.0.0.1:9', '--timeout', '300');
    expect(nobody.code).toBe(3);
  });

  it('ends quietly at Ctrl-C, and when its reader has gone', async () => {
    const interrupted = start('tail', 'quiet');
    if (interrupted.stderr === null) throw new Error('no pipe');
    await once(interrupted.stderr, 'data');
    interrupted.kill('SIGINT');
    expect(await finish(interrupted)).toMatchObject({ code: 0, out: '' });

    const unread = start('book', 'BTCUSDT', '--interval', '0');
    unread.stdout?.destroy();
    const [code] = (await once(unread, 'exit')) as [number | null];
    expect(code).toBe(0);
  });
});
