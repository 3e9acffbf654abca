import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, createServer } from 'node:net';
import { text } from 'node:stream/consumers';

import { type GatewayProcess, programOf, startStandalone } from '@outcry/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { hasTerminal, runInTerminal } from './support/terminal.ts';

const MAIN = programOf('tools/cli/src/main.ts');
const API_KEY = 'a-key-of-the-server-api';
const ESCAPE = '\u001b';
/** Asymmetric matchers are of any type. */
const [A_STRING, A_NUMBER] = [expect.any(String) as unknown, expect.any(Number) as unknown];

interface Result {
  readonly code: number | null;
  readonly out: string;
  readonly notes: string;
}

let standalone: GatewayProcess;
beforeAll(async () => {
  standalone = await startStandalone({ apiKeys: API_KEY, nodeId: 'gw-1' });
});
afterAll(() => standalone[Symbol.asyncDispose]());

function environment(more: Readonly<Record<string, string>> = {}): NodeJS.ProcessEnv {
  // Node takes a terminal in CI for one without colours.
  const { NO_COLOR: _, FORCE_COLOR: __, CI: ___, ...inherited } = process.env;
  return { ...inherited, TERM: 'xterm-256color', OUTCRY_URL: standalone.url, OUTCRY_TOKEN: 'ann', ...more };
}

/** An internal port that answers so. */
async function answering(status: number, body: string): Promise<AsyncDisposable & { readonly url: string }> {
  const server = createHttpServer((_, response) => {
    response.writeHead(status).end(body);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${String(port)}`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

function start(...args: readonly string[]): ChildProcess {
  return spawn(process.execPath, [MAIN, ...args], { env: environment(), stdio: 'pipe' });
}

async function outcry(...args: readonly string[]): Promise<Result> {
  return finish(start(...args));
}

async function finish(child: ChildProcess, input = ''): Promise<Result> {
  const { stdin, stdout, stderr } = child;
  if (stdin === null || stdout === null || stderr === null) throw new Error('no pipes');
  stdin.end(input);
  const [[code], out, notes] = await Promise.all([
    once(child, 'close') as Promise<[number | null]>,
    text(stdout),
    text(stderr),
  ]);
  return { code, out, notes };
}

/** That these are among some values, with other fields besides. */
function holding(values: readonly object[]): unknown {
  return expect.arrayContaining(values.map((value) => expect.objectContaining(value) as unknown));
}

/** The JSON values among the lines: on a terminal, notes stand between them. */
function valuesOf(shown: string): readonly unknown[] {
  return shown
    .split(/\r?\n/)
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as unknown);
}

describe('every command', () => {
  beforeAll(async () => {
    await outcry('publish', 'matrix', 'first');
  });

  /** What each prints for people, and as JSON. */
  const commands: readonly (readonly [
    args: readonly string[],
    expected: { readonly text: RegExp; readonly json: readonly object[]; readonly input?: string },
  ])[] = [
    [['publish', 'said', 'x'], { text: /^\S+:\d+$/m, json: [{ epoch: A_STRING, seq: A_NUMBER }] }],
    [
      ['tail', 'matrix', '--history', '1', '--count', '1'],
      {
        text: /^\d\d:\d\d:\d\d ann: first$/m,
        json: [{ type: 'message', from: 'ann', data: { text: 'first' }, seq: 1 }],
      },
    ],
    [['members', 'matrix'], { text: /^\d+ in the room$/m, json: [{ count: A_NUMBER }] }],
    [
      ['book', 'BTCUSDT', '--depth', '1', '--count', '2'],
      {
        text: /^BTCUSDT {2}simulated[^]+─────/m,
        json: [
          { symbol: 'BTCUSDT', status: 'live', kind: 'simulated', bids: [[A_STRING, A_STRING]] },
          { symbol: 'BTCUSDT', status: 'live' },
        ],
      },
    ],
    [
      ['ping', '--count', '2', '--interval', '1'],
      { text: /^2 pings: min .+ ms/m, json: [{ count: 2, maxMs: A_NUMBER }] },
    ],
    [
      ['join', 'matrix-talk'],
      {
        input: 'hello\n',
        text: /^\d\d:\d\d:\d\d ann: hello$/m,
        json: [{ type: 'message', from: 'ann', data: { text: 'hello' } }],
      },
    ],
  ];

  it.each(commands)('prints for people in a pipe, without a code of a terminal: %j', async (args, expected) => {
    const { code, out } = await finish(start(...args), expected.input);
    expect(code).toBe(0);
    expect(out).toMatch(expected.text);
    expect(out).not.toContain(ESCAPE);
  });

  it.each(commands)('prints JSON in a pipe, and nothing else: %j', async (args, expected) => {
    const { code, out } = await finish(start(...args, '--json'), expected.input);
    expect(code).toBe(0);
    expect(out).not.toContain(ESCAPE);
    expect(out.trimEnd().split('\n')).toHaveLength(valuesOf(out).length);
    expect(valuesOf(out)).toEqual(holding(expected.json));
  });

  describe.runIf(hasTerminal())('on a terminal', () => {
    it.each(commands)(
      'prints for people, and only a book moves the cursor: %j',
      async (args, { text: lines, input }) => {
        const { code, shown } = await runInTerminal([process.execPath, MAIN, ...args], { env: environment(), input });
        expect(code).toBe(0);
        expect(shown.includes(`${ESCAPE}[H`)).toBe(args[0] === 'book');
        const codes = new RegExp(`${ESCAPE}\\[\\d*[A-Za-z]`, 'g');
        expect(shown.replaceAll('\r', '').replaceAll(codes, '')).toMatch(lines);
      },
    );

    it.each(commands)('prints JSON without a code of a terminal: %j', async (args, { json, input }) => {
      const command = [process.execPath, MAIN, ...args, '--json'];
      const { code, shown } = await runInTerminal(command, { env: environment(), input });
      expect(code).toBe(0);
      expect(shown).not.toContain(ESCAPE);
      expect(valuesOf(shown)).toEqual(holding(json));
    });

    it('colours a book, unless it is told not to or the terminal has none', async () => {
      const command = [process.execPath, MAIN, 'book', 'BTCUSDT', '--depth', '1', '--count', '1'];
      const [coloured, plain, dumb] = await Promise.all([
        runInTerminal(command, { env: environment() }),
        runInTerminal(command, { env: environment({ NO_COLOR: '1' }) }),
        runInTerminal(command, { env: environment({ TERM: 'dumb' }) }),
      ]);
      expect(coloured.shown).toContain(`${ESCAPE}[31m`);
      expect(plain.shown).toContain(`${ESCAPE}[H`);
      expect(plain.shown).not.toMatch(new RegExp(`${ESCAPE}\\[\\d+m`));
      expect(dumb.shown).not.toContain(ESCAPE);
      expect(dumb.shown).toContain('BTCUSDT  simulated');
    });
  });
});

describe('the command line', () => {
  it('publishes, and tails from a position', async () => {
    const [first, second] = [await outcry('publish', 'pit', 'one'), await outcry('publish', 'pit', 'two')];
    expect([first.code, second.code]).toEqual([0, 0]);
    const tailed = await outcry('tail', 'pit', '--since', first.out.trim(), '--count', '1', '--json');
    expect(tailed).toMatchObject({ code: 0 });
    expect(JSON.parse(tailed.out)).toMatchObject({ from: 'ann', data: { text: 'two' }, seq: 2 });
  });

  it('publishes the JSON that it is given, where it is told that it is JSON', async () => {
    expect(await outcry('publish', 'quotes', '{"bid":1}', '--input', 'json')).toMatchObject({ code: 0 });
    expect(await outcry('publish', 'quotes', '{"bid":1}', '--json')).toMatchObject({ code: 0 });
    const tailed = await outcry('tail', 'quotes', '--count', '2', '--json');
    expect(valuesOf(tailed.out)).toMatchObject([{ data: { bid: 1 } }, { data: { text: '{"bid":1}' } }]);
    const piped = await finish(start('join', 'quotes', '--input', 'json', '--json'), '{"bid":2}\n{"bid"\n{"bid":3}\n');
    expect(piped).toMatchObject({ code: 2, notes: expect.stringContaining('expected JSON, because of') as string });
    const wrong = await outcry('publish', 'quotes', '{bid:1}', '--input', 'json', '--json');
    expect(wrong).toMatchObject({ code: 2, out: '' });
    expect(wrong.notes).toMatch(/^error: expected JSON, because of --input json: .+\n$/);
  });

  it('talks in a room until its input ends and all was shown, and says who is there', async () => {
    const talked = await finish(start('join', 'lounge'), 'hello\n\u001b[2Jbye\n');
    const lines = /^\d\d:\d\d:\d\d ann: hello\n\d\d:\d\d:\d\d ann: \ufffd\[2Jbye\n$/;
    expect(talked.code).toBe(0);
    expect(talked.out).toMatch(lines);
    const tailed = await outcry('tail', 'lounge', '--count', '2');
    expect(tailed.out).toMatch(lines);
    const members = await outcry('members', 'lounge', '--json');
    expect(JSON.parse(members.out)).toMatchObject({ count: 1, members: [{ user: 'ann' }] });
  });

  it('shows as many levels of a book as it is asked for', async () => {
    const book = await outcry('book', 'BTCUSDT', '--depth', '10', '--count', '1', '--json');
    const shown = JSON.parse(book.out) as { bids: string[][]; asks: string[][] };
    expect(shown.bids).toHaveLength(10);
    expect(Number(shown.bids[0]?.[0])).toBeLessThan(Number(shown.asks[0]?.[0]));
  });

  it('takes host and port, and assumes the rest', async () => {
    const { host } = new URL(standalone.url);
    expect(await outcry('ping', '--count', '1', '--url', host)).toMatchObject({ code: 0 });
  });

  it.each([
    ['http://localhost:1337', 'Expected a WebSocket URL: ws://localhost:1337/ws'],
    ['ws:/localhost:1337', 'Expected host:port or a WebSocket URL, such as localhost:1337'],
    ['localhost:port', 'Expected host:port or a WebSocket URL, such as localhost:1337'],
    ['', 'Expected host:port or a WebSocket URL, such as localhost:1337'],
    ['tcp://localhost:1337', 'Expected a ws:// or wss:// URL'],
    ['localhost:1337/orderbookfeed', 'Expected the endpoint of sessions'],
  ])('says in one line what was expected of an address: %j', async (url, expected) => {
    const { code, out, notes } = await outcry('ping', '--url', url);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    const [line = '', hint = '', ...rest] = notes.trimEnd().split('\n');
    expect(line).toContain(expected);
    expect(hint).toBe('(outcry --help shows all commands and examples)');
    expect(rest).toEqual([]);
  });

  it.each(['ping', 'publish', 'tail', 'join', 'members', 'book'])(
    'says why there is no connection, and ends: %s',
    async (name) => {
      const args = { ping: [], publish: ['a', 'b'], tail: ['a'], join: ['a'], members: ['a'], book: ['BTCUSDT'] }[name];
      // Its input stays open.
      const child = start(name, ...(args ?? []), '--url', '127.0.0.1:9', '--json');
      if (child.stdout === null || child.stderr === null) throw new Error('no pipes');
      const [[code], out, notes] = await Promise.all([
        once(child, 'close') as Promise<[number | null]>,
        text(child.stdout),
        text(child.stderr),
      ]);
      expect({ code, out }).toEqual({ code: 3, out: '' });
      expect(notes).toBe(
        'error: ws://127.0.0.1:9/ws: cannot connect: ECONNREFUSED\n' +
          '  Nobody listens there. Is the gateway running, and is this its public port (1337 unless configured)?\n',
      );
    },
  );

  it('says why a gateway is none, and waits no longer than it may for one that says nothing', async () => {
    const other = await outcry('ping', '--url', `${standalone.url}/nowhere`);
    expect(other).toMatchObject({ code: 3, notes: expect.stringContaining('handshake refused: HTTP 404\n') as string });

    const silent = createServer().listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const { port } = silent.address() as AddressInfo;
    const { code, notes } = await outcry('ping', '--timeout', '300', '--url', `127.0.0.1:${String(port)}`);
    silent.close();
    expect(code).toBe(3);
    expect(notes).toContain(`127.0.0.1:${String(port)}/ws: no answer within 0.3 s\n  Is it an outcry gateway?`);
  });

  it('says what is wrong, by its exit code as well', async () => {
    const [refused, usage, help, part] = await Promise.all([
      outcry('book', 'NOSUCH'),
      outcry('ping', '--count', 'many'),
      outcry('--help'),
      outcry('publish', '--help'),
    ]);
    expect(refused.code).toBe(1);
    expect(refused.notes).toMatch(/unknownSymbol/);
    expect(usage.code).toBe(2);
    expect(usage.notes).toMatch(/whole number from 1/);
    expect(help.code).toBe(0);
    expect(help.out).toMatch(/outcry book BTCUSDT/);
    for (const { out } of [help, part]) {
      expect(out).toMatch(/Exit codes:\n {2}0 {2}.+\n {2}1 {2}.+\n {2}2 {2}.+\n {2}3 {2}.+/);
    }
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

describe('the command line, refused', () => {
  it('ends where its connection is ended for good, though its input is still open', async () => {
    const key = 'an-api-key-of-a-test-with-32-or-more';
    await using server = await startStandalone({ apiKeys: key });
    const child = start('join', 'lounge', '--url', server.url);
    if (child.stderr === null) throw new Error('no pipe');
    const notes = text(child.stderr);
    await once(child.stderr, 'data');
    const answer = await fetch(`${server.internalUrl}/api/disconnect`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify({ user: 'ann' }),
    });
    expect(answer.status).toBe(200);
    const [code] = (await once(child, 'exit')) as [number | null];
    expect(code).toBe(1);
    expect(await notes).toContain('closed with 4008 disconnected');
  });

  it('says that the token was', async () => {
    await using strict = await startStandalone({ authSecret: 'a-secret-of-at-least-thirty-two-characters' });
    const { code, notes } = await outcry('ping', '--url', strict.url, '--token', 'forged');
    expect(code).toBe(1);
    expect(notes).toMatch(/^error: .+: closed with 4001 unauthenticated\n {2}The token was refused\. Check --token: /);
  });
});

describe('outcry status', () => {
  const cellsOf = (line: string): readonly string[] => line.split(/ {2,}/);

  /** Asks these, with a key; what is no address is an option. */
  function status(...words: readonly string[]): Promise<Result> {
    const args = words.flatMap((word) => (word.startsWith('http') ? ['--url', word] : [word]));
    const env = environment({ OUTCRY_API_KEY: API_KEY, OUTCRY_API_URL: standalone.internalUrl });
    return finish(spawn(process.execPath, [MAIN, 'status', ...args], { env, stdio: 'pipe' }));
  }

  it('shows services as a table, and names what is not as it should be', async () => {
    const minutesAgo = new Date(Date.now() - 130_000).toISOString();
    const sick = {
      ...{ status: 'unready', summary: 'draining', service: 'gateway', node: 'gw-2\u001b[2J', version: '0.1.0' },
      ...{ uptimeSeconds: 7300, load: { connections: 12, rooms: 3 } },
      process: { residentBytes: 128 * 1024 ** 2, loopLagMs: 40 },
      checks: [
        { name: 'draining', ok: false, reason: 'draining', blocking: true, since: minutesAgo },
        { name: 'storage', ok: true, since: minutesAgo },
      ],
    };
    await using other = await answering(200, JSON.stringify(sick));
    const { code, out, notes } = await status(standalone.internalUrl, other.url);
    const [head, first, second, ...faults] = out.trimEnd().split('\n').map(cellsOf);
    expect(head).toEqual(['NODE', 'SERVICE', 'STATUS', 'VERSION', 'UP', 'MEMORY', 'LAG', 'LOAD']);
    expect(first?.slice(0, 3)).toEqual(['gw-1', 'gateway', 'ok']);
    expect(first?.at(-1)).toMatch(/^\d+ connections, \d+ rooms, \d+ books$/);
    const shown = 'gw-2\u{fffd}[2J';
    const row = [shown, 'gateway', 'unready', '0.1.0', '2 h', '128 MiB', '40 ms', '12 connections, 3 rooms'];
    expect(second).toEqual(row);
    expect(faults).toEqual([[`${shown}: draining, for 2 min`]]);
    expect({ code, notes }).toEqual({ code: 1, notes: 'error: 1 of 2 are not ready\n' });
  });

  it('shows the gateways that only the cluster knows of, with a key from the environment', async () => {
    const knowing = (nodes: readonly object[]): string =>
      JSON.stringify({ status: 'ok', node: 'gw-1', uptimeSeconds: 1, checks: [], nodes });
    const startedAt = Date.now() - 3 * 86_400_000;
    const unknown = { node: 'gw-3', startedAt, connections: 5, rooms: 2, books: 0, isReady: false };
    await using other = await answering(200, knowing([{ node: 'gw-1' }, unknown]));
    const { code, out } = await status(other.url, '--roster');
    expect(code).toBe(0);
    const row = ['gw-3', 'gateway', 'unready', '-', '3 d', '-', '-', '5 connections, 2 rooms, 0 books'];
    expect(out.trimEnd().split('\n').slice(2).map(cellsOf)).toEqual([row]);

    const real = await status('--roster', '--json');
    expect(real.code).toBe(0);
    const { services, roster } = JSON.parse(real.out) as { services: readonly object[]; roster: readonly object[] };
    expect(services).toMatchObject([{ node: 'gw-1', status: 'ok', service: 'gateway', version: '0.1.0' }]);
    // It is named already.
    expect(roster).toEqual([]);
  });

  it('says who does not answer, or not as a service does', async () => {
    await using other = await answering(404, 'not found');
    const { code, out } = await status(other.url, 'http://127.0.0.1:9');
    expect(code).toBe(3);
    expect(out).toContain(`${other.url}: there is no /status: it answers 404. Is it an internal port?`);
    expect(out).toContain('http://127.0.0.1:9: ');
  });

  it('says that clients’ port is not the internal one', async () => {
    const { code, out, notes } = await outcry('status', '--url', standalone.url);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(notes).toContain('is where clients go. Expected the internal port: http://host:8081');
  });
});
