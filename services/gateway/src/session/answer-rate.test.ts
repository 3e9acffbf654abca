import { CLOSE_CODES } from '@outcry/protocol';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { createTestGateway, type TestClient, type TestGateway } from '../testing/create-services.ts';

const PER_SECOND = 1000;
const BURST = 16 * PER_SECOND;
/** An answer with one of them takes a burst, and as much again. */
const LARGE = 'x'.repeat(2 * BURST);

describe('the rate of answers', () => {
  let gateway: TestGateway;
  let ann: TestClient;
  beforeEach(async () => {
    vi.useFakeTimers({ toFake: ['performance'] });
    const limits = { maxAnswerBytesPerSecond: PER_SECOND, maxFrameBytes: 4 * BURST };
    gateway = await createTestGateway({ limits });
    ann = gateway.connect('ann');
    ann.send({ type: 'join', id: 'join', room: 'lobby' });
    await answered('join');
    ann.send({ type: 'publish', id: 'publish', room: 'lobby', data: LARGE });
    await answered('publish');
    vi.advanceTimersByTime(60_000);
  });
  afterEach(async () => {
    await gateway.stop();
    vi.useRealTimers();
  });

  it('refuses whatever asks for much once that has come to too much, and nothing else, until it is paid back', async () => {
    ann.send({ type: 'history', id: 'first', room: 'lobby', limit: 1 });
    expect(await answered('first')).toMatchObject({ type: 'ack' });
    const book = { symbol: 'X', depth: 1, interval: 0 };
    const asking = [
      { type: 'history', room: 'lobby', limit: 1 },
      { type: 'members', room: 'lobby' },
      { type: 'symbols' },
      { type: 'subscribe', ...book },
      { type: 'unsubscribe', ...book },
    ];
    for (const request of asking) {
      ann.send({ ...request, id: request.type });
      expect(await answered(request.type)).toMatchObject({ code: 'rateLimited', retryable: true });
    }
    ann.send({ type: 'publish', id: 'say', room: 'lobby', data: 1 });
    ann.send({ type: 'ping', id: 'ping' });
    expect(await answered('say')).toMatchObject({ type: 'ack' });
    expect(await answered('ping')).toMatchObject({ type: 'pong' });
    const metrics = await gateway.services.metrics.registry.metrics();
    expect(metrics).toContain(`outcry_gateway_rate_limited_total{what="answers"} ${String(asking.length)}`);
    vi.advanceTimersByTime(17_000);
    ann.send({ type: 'symbols', id: 'later' });
    expect(await answered('later')).toMatchObject({ type: 'ack' });
  });

  it('counts what was asked for together one by one', async () => {
    for (const id of ['a', 'b', 'c']) ann.send({ type: 'history', id, room: 'lobby', limit: 1 });
    const types = [await answered('a'), await answered('b'), await answered('c')].map(({ type }) => type);
    expect(types).toEqual(['ack', 'error', 'error']);
    const reads = (await gateway.services.metrics.registry.metrics()).match(/history_reads_total (\d+)/)?.[1];
    // The join's, and that of the one that was answered.
    expect(reads).toBe('2');
  });

  it('counts nothing but answers', async () => {
    for (let sent = 0; sent < 2 * BURST; sent += 32) ann.send({ type: 'ping', id: 'x'.repeat(32) });
    ann.send({ type: 'symbols', id: 'symbols' });
    expect(await answered('symbols')).toMatchObject({ type: 'ack' });
  });

  it('closes who asks on and on', async () => {
    ann.send({ type: 'history', id: 'first', room: 'lobby', limit: 1 });
    await answered('first');
    for (let i = 0; i < 100; i += 1) ann.send({ type: 'symbols', id: i });
    expect(ann.socket.closeCode).toBeUndefined();
    ann.send({ type: 'symbols', id: 100 });
    expect(ann.socket.closeCode).toEqual(CLOSE_CODES.rateLimited);
  });

  async function answered(id: string): Promise<{ readonly type: string }> {
    return vi.waitUntil(() => ann.socket.frames.find((frame) => 'id' in frame && frame.id === id));
  }
});
