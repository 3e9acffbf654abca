import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { request } from 'node:http';
import { promisify } from 'node:util';

import { type Backplane, createRedisBackplane } from '@outcry/broker';
import {
  DEFAULT_DEADLINE_MS,
  FaultProxy,
  Inbox,
  type ServiceProcess,
  startPublisher,
  startRedis,
  type TestRedis,
  uniquePrefix,
  readHealth,
} from '@outcry/testkit';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';

import { type Frame, isSnapshot } from '../support/oracle-check.ts';

const KEY = 'my-secret-engine-key';
const POLL = { timeout: 30_000 };
const DOCUMENT = new URL('../../../../docs/SOURCES.md', import.meta.url);

let redis: TestRedis;
let service: ServiceProcess;
let backplane: Backplane;
let frames: Inbox<Frame>;
beforeAll(async () => {
  redis = await startRedis();
});
afterEach(async () => {
  await backplane.close();
  await service.stop();
});
afterAll(async () => {
  await redis.stop();
});

async function start(
  feed: { instruments?: string; httpMaxBodyBytes?: number; httpSilenceMs?: number } = {},
  redisUrl = redis.url,
): Promise<void> {
  const redisPrefix = uniquePrefix();
  backplane = createRedisBackplane({ url: redis.url, prefix: redisPrefix });
  await backplane.start({
    handleMessage: () => undefined,
    handleSignal: () => undefined,
    handleReset: () => undefined,
    handleStatus: () => undefined,
  });
  frames = new Inbox<Frame>((frame) => `${isSnapshot(frame) ? 'snapshot' : 'delta'} ${String(frame.venueSeq)}`);
  const push = (frame: Frame): void => {
    frames.push(frame);
  };
  await backplane.feedBus.watch('ACMEUSD', { handleSnapshot: push, handleDelta: push, handlePulse: () => undefined });
  service = await startPublisher({
    redisUrl,
    redisPrefix,
    feed: { source: 'http', httpKeys: `${KEY},another-key-of-16-characters`, deltaMs: 0, ...feed },
  });
}

function port(): string {
  return String(service.log.find(({ msg }) => msg === 'feed publisher started')?.['internalPort']);
}

interface Answer {
  readonly status: number;
  readonly body: unknown;
  readonly headers: Headers;
}

/** @param key Empty: none. */
async function post(to: `${string} ${string}`, body: unknown, key = KEY): Promise<Answer> {
  const [method = '', path = ''] = to.split(' ');
  const response = await fetch(`http://127.0.0.1:${port()}${path}`, {
    method,
    headers: key === '' ? {} : { authorization: `Bearer ${key}` },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  return { status: response.status, body: await response.json(), headers: response.headers };
}

/** How often requests have come to something, of what has happened at all. */
async function readOutcomes(): Promise<Readonly<Record<string, number>>> {
  const metrics = await (await fetch(`http://127.0.0.1:${port()}/metrics`)).text();
  const lines = metrics.matchAll(/^outcry_feed_publisher_post_requests_total\{outcome="(\w+)"\} (\d+)$/gm);
  const counts = [...lines].map(([, outcome = '', count]) => [outcome, Number(count)] as const);
  return Object.fromEntries(counts.filter(([, count]) => count > 0));
}

function frameOf(venueSeq: number): Promise<Frame> {
  const what = `the frame of ${String(venueSeq)}`;
  return frames.take((frame) => frame.venueSeq === venueSeq, { what, deadlineMs: DEFAULT_DEADLINE_MS });
}

const SNAPSHOT = { seq: 1, priceScale: 2, sizeScale: 0, bids: [['99', '1']], asks: [['101', '1']] };

describe('a publisher that is posted to', () => {
  it('takes what the document shows, by its own commands', async () => {
    await start();
    const commands = (await readFile(DOCUMENT, 'utf8')).match(/^curl [^`]+/gm) ?? [];
    expect(commands).toHaveLength(2);
    const answers: string[] = [];
    for (const command of commands) {
      const { stdout } = await promisify(execFile)('sh', [
        '-c',
        command.replace('127.0.0.1:8083', `127.0.0.1:${port()}`),
      ]);
      answers.push(stdout);
    }
    expect(answers).toEqual(['{"seq":1000}\n', '{"seq":1002}\n']);

    expect(await frameOf(1000)).toMatchObject({
      priceScale: 2,
      sizeScale: 3,
      bids: [
        [9998, 2500],
        [9997, 10_000],
      ],
    });
    expect(await frameOf(1002)).toMatchObject({ bids: [[9999, 3000]], asks: [[10_001, 0]], venueAt: 1723161255208 });
    expect(await backplane.feedBus.listInstruments()).toEqual([
      { symbol: 'ACMEUSD', priceScale: 2, sizeScale: 3, sourceKind: 'live' },
    ]);
    expect(service.output.join('\n')).not.toContain(KEY);
  });

  it('lets nobody post without a key, and says no more to one who guesses', async () => {
    await start();
    const refused = await Promise.all(
      [
        post('PUT /books/ACMEUSD', SNAPSHOT, ''),
        post('PUT /books/ACMEUSD', SNAPSHOT, 'my-secret-engine-kex'),
        post('DELETE /books/%', '', 'wrong'),
        post('POST /books', 'x'.repeat(100), 'wrong'),
      ].map(async (answer) => (await answer).status),
    );
    expect(refused).toEqual([401, 401, 401, 401]);
    const { body, headers } = await post('PUT /books/ACMEUSD', SNAPSHOT, '');
    expect(body).toEqual({
      error: { code: 'unauthorized', message: 'an API key is needed: Authorization: Bearer <key>' },
    });
    expect(headers.get('www-authenticate')).toBe('Bearer');
    expect((await post('PUT /books/ACMEUSD', SNAPSHOT, 'another-key-of-16-characters')).status).toBe(202);
  });

  it('answers wrong keys with 429 when they are many, and takes what comes with a key', async () => {
    await start();
    const guesses = await Promise.all(
      Array.from({ length: 60 }, (_, i) => post('PUT /books/ACMEUSD', SNAPSHOT, `guess-${String(i)}`)),
    );
    const limited = guesses.filter(({ status }) => status === 429);
    expect(limited.length).toBeGreaterThan(20);
    expect(limited[0]?.headers.get('retry-after')).toBe('1');
    expect(limited[0]?.body).toMatchObject({ error: { code: 'rateLimited' } });
    expect((await post('PUT /books/ACMEUSD', SNAPSHOT)).status).toBe(202);
  });

  it('says what is wrong with a request, and keeps the book as it was', async () => {
    await start({ instruments: 'ACMEUSD:2:0', httpMaxBodyBytes: 1024 });
    const deltas = 'POST /books/ACMEUSD/deltas';
    expect((await post(deltas, { deltas: [] })).body).toMatchObject({ error: { code: 'snapshotRequired' } });
    expect((await post('PUT /books/ACMEUSD', SNAPSHOT)).status).toBe(202);

    expect((await post('PUT /books/ACMEUSD/deltas', { deltas: [] })).headers.get('allow')).toBe('POST');
    expect((await post('POST /books/ACMEUSD', SNAPSHOT)).headers.get('allow')).toBe('PUT');
    const codes: [status: number, code: string][] = [];
    for (const [to, body] of [
      ['PUT /books/OTHER', SNAPSHOT],
      ['PUT /books/%', SNAPSHOT],
      ['PUT /books/ACMEUSD/deltas', { deltas: [] }],
      [deltas, '{'],
      [deltas, { deltas: [{ seq: 2, bids: [['99', 5]] }] }],
      [deltas, { deltas: [{ seq: 2, bids: [['99.001', '5']] }] }],
      [
        deltas,
        {
          deltas: [
            { seq: 2, bids: [['100', '5']] },
            { seq: 3, bids: [['101', '5']] },
          ],
        },
      ],
      [deltas, { deltas: [{ seq: 1 }] }],
      [deltas, { deltas: [{ seq: 3 }] }],
      [deltas, `${' '.repeat(1100)}{}`],
    ] as const) {
      const { status, body: answer } = await post(to, body);
      codes.push([status, (answer as { error: { code: string } }).error.code]);
    }
    expect(codes).toEqual([
      [404, 'unknownSymbol'],
      [404, 'notFound'],
      [405, 'methodNotAllowed'],
      [400, 'malformed'],
      [422, 'malformedLevel'],
      [422, 'tooPrecise'],
      [422, 'crossedBook'],
      [409, 'sequenceBackwards'],
      [409, 'sequenceGap'],
      [413, 'bodyTooLarge'],
    ]);
    expect((await post(deltas, { deltas: [{ seq: 2, asks: [['102', '7']] }] })).body).toEqual({ seq: 2 });
    expect(await frameOf(2)).toMatchObject({ bids: [], asks: [[10_200, 7]] });
    const counts = Object.fromEntries(codes.map(([, code]) => [code, 1]));
    expect(await readOutcomes()).toEqual({ ...counts, accepted: 2, snapshotRequired: 1, methodNotAllowed: 3 });
    expect(frames.all.every(({ venueSeq }) => venueSeq <= 2)).toBe(true);
  });

  it('names the book whose engine is silent, and goes on with the others', async () => {
    await start({ instruments: 'ACMEUSD:2:0,BTC/USD:2:0,kPEPE:2:0', httpSilenceMs: 3000 });
    for (const symbol of ['BTC/USD', 'kPEPE', 'ACMEUSD']) {
      expect((await post(`PUT /books/${encodeURIComponent(symbol)}`, { ...SNAPSHOT, kind: 'replay' })).status).toBe(
        202,
      );
    }
    const ready = async (): Promise<unknown> => {
      for (const symbol of ['ACMEUSD', 'kPEPE']) await post(`POST /books/${symbol}/deltas`, { deltas: [] });
      return (await readHealth(`http://127.0.0.1:${port()}`)).summary;
    };
    await expect.poll(ready, POLL).toBe('feeds not live: BTC/USD interrupted (the engine is silent)');
    expect(await frameOf(1)).toMatchObject({ symbol: 'ACMEUSD', sourceKind: 'replay' });
    expect((await post('POST /books/ACMEUSD/deltas', { deltas: [{ seq: 2, bids: [['98', '1']] }] })).status).toBe(202);
    expect(await frameOf(2)).toBeDefined();
  });

  it('refuses a body that goes past the limit without having said so', async () => {
    await start({ httpMaxBodyBytes: 1024 });
    const status = await new Promise((resolve, reject) => {
      const posting = request(`http://127.0.0.1:${port()}/books/ACMEUSD`, {
        method: 'PUT',
        headers: { authorization: `Bearer ${KEY}`, 'transfer-encoding': 'chunked' },
      });
      posting.on('response', ({ statusCode }) => {
        resolve(statusCode);
      });
      posting.on('error', reject);
      posting.write('x'.repeat(2000));
    });
    expect(status).toBe(413);
  });

  it('says that it cannot publish while Redis is away, and goes on when it is back', async () => {
    await using proxy = await FaultProxy.start({ host: redis.host, port: redis.port });
    await start({}, `redis://127.0.0.1:${String(proxy.port)}`);
    expect((await post('PUT /books/ACMEUSD', SNAPSHOT)).status).toBe(202);
    await frameOf(1);
    const postDelta = async (): Promise<number> =>
      (await post('POST /books/ACMEUSD/deltas', { deltas: [{ seq: 2, bids: [['98', '1']] }] })).status;

    await proxy.cut();
    await expect
      .poll(() => post('POST /books/ACMEUSD/deltas', { deltas: [] }), POLL)
      .toMatchObject({
        status: 503,
        body: { error: { code: 'busUnavailable' } },
      });
    expect((await post('POST /books/ACMEUSD/deltas', { deltas: [] })).headers.get('retry-after')).toBe('1');
    await proxy.restore();
    await expect.poll(postDelta, POLL).toBe(202);
    expect(await frameOf(2)).toBeDefined();
  });
});
