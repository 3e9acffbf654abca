import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';

import { describe, expect, it } from 'vitest';

import { createOutput, type Screen } from '../output/output.ts';
import { top, type TopOptions } from './top.ts';

const STREAM = { messages: 0, bytes: 0, loopMs: 0 };
const ANSWER = {
  nodes: [{ node: 'gw-1', windowMs: 2000, busy: 0.5 }],
  silent: [],
  rooms: [
    { room: 'pit\u001b[2J', ...STREAM, messages: 120, loopMs: 30 },
    { room: 'files', ...STREAM, messages: 0.5, bytes: 3 * 1024 ** 2, loopMs: 2 },
  ],
  books: [],
  connections: [
    {
      ...{ connection: 'c1', node: 'gw-1', requests: 5, loopMs: 1 },
      ...{ bytesIn: 100, bytesOut: 2048, unreadBytes: 0, heldBack: 1 },
    },
  ],
  commands: [{ command: 'publish', requests: 5, loopMs: 1 }],
};
const NOTHING_YET = { nodes: [], silent: ['gw-1'], rooms: [], books: [], connections: [], commands: [] };
const OPTIONS: TopOptions = { sort: 'time', rows: 10 };

/** Runs the command in a pipe, with these answers one behind the other, the last one for ever. */
async function run(
  answers: readonly (typeof ANSWER | typeof NOTHING_YET)[],
  { isJson = false, ...options }: Partial<TopOptions> & { readonly isJson?: boolean } = {},
): Promise<{ readonly out: string; readonly asked: readonly unknown[] }> {
  const asked: unknown[] = [];
  const api = {
    call: (command: string, params: unknown) => {
      asked.push([command, params]);
      return Promise.resolve(answers[Math.min(asked.length, answers.length) - 1] ?? {});
    },
  };
  const out = new PassThrough();
  const output = createOutput(isJson, { out, notes: new PassThrough(), isDumb: false });
  await top({ api, output, signal: new AbortController().signal }, { ...OPTIONS, ...options }, 0);
  out.end();
  return { out: await text(out), asked };
}

describe('top in a pipe', () => {
  it('shows a table of each kind, once, without what a terminal would obey', async () => {
    const { out } = await run([ANSWER]);
    expect(out.split('\n')).toEqual([
      ...['NODE  BUSY', 'gw-1  50.0 %', ''],
      'ROOM     LOOP   MESSAGES/S  OUT/S',
      'pit\u{fffd}[2J  3.0 %  120         0 B',
      ...['files    0.2 %  0.5         3.0 MiB', ''],
      'CONNECTION  USER  NODE  LOOP   REQUESTS/S  IN/S   OUT/S    UNREAD  HELD BACK',
      ...['c1          -     gw-1  0.1 %  5.0         100 B  2.0 KiB  0 B     100.0 %', ''],
      ...['COMMAND  LOOP   REQUESTS/S', 'publish  0.1 %  5.0', '', ''],
    ]);
  });

  it('has first what is asked for, and no more rows', async () => {
    const { out } = await run([ANSWER], { sort: 'bytes', rows: 1 });
    expect(out).toContain('files  0.2 %');
    expect(out).not.toContain('pit');
  });

  it('gives what it was told as JSON, once every gateway has counted', async () => {
    const { out, asked } = await run([NOTHING_YET, ANSWER], { isJson: true });
    expect(JSON.parse(out)).toEqual(ANSWER);
    expect(asked).toEqual([
      ['top', { seconds: 10 }],
      ['top', { seconds: 10 }],
    ]);
  });
});

describe('top on a screen', () => {
  it('shows what there is, as much as fits, until whoever looks has had enough', async () => {
    const ended = new AbortController();
    const drawn: (readonly string[])[] = [];
    const screen: Screen = {
      rows: 4,
      paint: (_, shown) => shown,
      draw: (lines) => {
        drawn.push(lines);
        if (drawn.length === 2) ended.abort();
      },
    };
    const answers = [NOTHING_YET, ANSWER];
    const output = {
      ...createOutput(false, { out: new PassThrough(), notes: new PassThrough(), isDumb: false }),
      screen,
    };
    const api = { call: () => Promise.resolve(answers.shift() ?? {}) };
    await expect(top({ api, output, signal: ended.signal }, OPTIONS, 0)).rejects.toThrow('aborted');
    expect(drawn).toEqual([['gw-1: nothing yet'], ['NODE  BUSY', 'gw-1  50.0 %', '']]);
  });
});
