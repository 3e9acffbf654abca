import { OutcryError } from '@outcry/broker';
import { CLOSE_CODES } from '@outcry/protocol';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { createTestGateway, type TestClient, type TestGateway } from '../testing/create-services.ts';
import { FakeFeed } from '../testing/fake-feed.ts';

const CHOICE = { depth: 10, interval: 0 };

describe('requests about books', () => {
  let feed: FakeFeed;
  let gateway: TestGateway;
  let ann: TestClient;
  beforeEach(async () => {
    feed = new FakeFeed();
    for (const symbol of ['X', 'Y', 'Z']) {
      feed.announce(symbol);
      const head = { symbol, epoch: 'e1', seq: 1, venueSeq: 1, venueAt: 1, at: 1 };
      feed.storeSnapshot({ ...head, bids: [[100, 1]], asks: [[101, 1]], priceScale: 1, sizeScale: 0 });
    }
    gateway = await createTestGateway({ feed, limits: { maxSubscriptions: 2 } });
    ann = gateway.connect('ann');
    await vi.waitUntil(() => ann.socket.framesOf('joined').length === 2);
    ann.socket.wire.length = 0;
  });
  afterEach(async () => {
    await gateway.stop();
  });

  /** All frames from now on until there are so many. */
  async function frames(count: number): Promise<readonly { readonly type: string }[]> {
    await vi.waitUntil(() => ann.socket.wire.length >= count);
    return ann.socket.frames;
  }

  it('are acknowledged before the snapshot comes', async () => {
    ann.send({ type: 'subscribe', id: 1, symbol: 'X', ...CHOICE });
    expect(await frames(2)).toMatchObject([
      { type: 'ack', id: 1 },
      { type: 'snapshot', symbol: 'X', ...CHOICE, seq: 1 },
    ]);
    expect(ann.socket.framesOf('snapshot')[0]).not.toHaveProperty('checksum');
  });

  it('are acknowledged also where they have no id', async () => {
    ann.send({ type: 'subscribe', symbol: 'X', ...CHOICE });
    await frames(2);
    ann.send({ type: 'unsubscribe', symbols: ['X'], ...CHOICE });
    await frames(3);
    expect(ann.socket.framesOf('ack')).toEqual([{ type: 'ack' }]);
    expect(ann.socket.framesOf('results')).toEqual([{ type: 'results', results: [{ symbol: 'X' }] }]);
  });

  it('give checksums where they are asked for', async () => {
    ann.send({ type: 'subscribe', id: 1, symbol: 'X', ...CHOICE, checksum: true });
    await frames(2);
    expect(ann.socket.framesOf('snapshot')[0]?.checksum).toEqual(expect.any(Number));
  });

  it('say of each of a list what became of it, each once, and name the choices once', async () => {
    ann.send({ type: 'subscribe', id: 1, symbols: ['X', 'NOPE', 'X', 'Y', 'GONE'], ...CHOICE });
    expect((await frames(3))[0]).toEqual({
      type: 'results',
      id: 1,
      results: [
        { symbol: 'X' },
        {
          symbol: 'NOPE',
          error: { code: 'unknownSymbol', message: 'no book of NOPE; choose from X, Y, Z', retryable: false },
        },
        { symbol: 'Y' },
        { symbol: 'GONE', error: { code: 'unknownSymbol', message: 'no book of GONE', retryable: false } },
      ],
    });
    expect(ann.socket.framesOf('snapshot').map(({ symbol }) => symbol)).toEqual(['X', 'Y']);
  });

  it('are refused in the words of what was wrong with the only symbol', async () => {
    ann.send({ type: 'subscribe', id: 1, symbol: 'NOPE', ...CHOICE });
    ann.send({ type: 'subscribe', id: 2, symbol: 'X', depth: 11, interval: 0 });
    await frames(2);
    expect(
      new Set(ann.socket.framesOf('error').map(({ id, code, message }) => `${String(id)} ${code}: ${message}`)),
    ).toEqual(
      new Set([
        '1 unknownSymbol: no book of NOPE; choose from X, Y, Z',
        '2 unknownSymbol: depth 11 is not on offer; choose from 0, 1, 10, 25, 50, 100',
      ]),
    );
  });

  it.each(['subscribe', 'unsubscribe'])('name either a symbol or a list: %s', async (type) => {
    ann.send({ type, id: 1, ...CHOICE });
    ann.send({ type, id: 2, symbol: 'X', symbols: ['Y'], ...CHOICE });
    await frames(2);
    expect(ann.socket.framesOf('error')).toMatchObject([
      { id: 1, code: 'badRequest' },
      { id: 2, code: 'badRequest' },
    ]);
  });

  it('end what was begun, once, and class by class', async () => {
    ann.send({ type: 'subscribe', id: 1, symbol: 'X', ...CHOICE });
    await frames(2);
    ann.send({ type: 'unsubscribe', id: 2, symbol: 'X', depth: 1, interval: 0 });
    ann.send({ type: 'unsubscribe', id: 3, symbol: 'X', ...CHOICE });
    ann.send({ type: 'unsubscribe', id: 4, symbols: ['X'], ...CHOICE });
    expect((await frames(5)).slice(2)).toMatchObject([
      { id: 2, code: 'notJoined', message: 'X at depth 1, interval 0 is not watched' },
      { type: 'ack', id: 3 },
      { type: 'results', id: 4, results: [{ symbol: 'X', error: { code: 'notJoined' } }] },
    ]);
    feed.publishDelta({
      ...{ symbol: 'X', epoch: 'e1', seq: 2, prev: 1, venueSeq: 1, venueAt: 1, at: 1 },
      bids: [[100, 2]],
      asks: [],
    });
    expect(ann.socket.framesOf('delta')).toEqual([]);
  });

  it('are for so many books at most', async () => {
    ann.send({ type: 'subscribe', id: 1, symbols: ['X', 'Y', 'Z'], ...CHOICE });
    await frames(3);
    const [results] = ann.socket.framesOf('results');
    expect(results?.results.map(({ error }) => error?.code)).toEqual([undefined, undefined, 'limitReached']);
  });

  it('may be tried again where the broker is away, for the list of them and for each of a list', async () => {
    vi.spyOn(feed, 'listInstruments').mockRejectedValue(new OutcryError('unavailable', 'away'));
    ann.send({ type: 'symbols', id: 1 });
    ann.send({ type: 'subscribe', id: 2, symbols: ['X', 'Y'], ...CHOICE });
    await frames(2);
    const message = 'the broker did not take the request in time; try again';
    const error = { code: 'unavailable', message, retryable: true };
    expect(ann.socket.framesOf('error')).toEqual([{ type: 'error', id: 1, ...error }]);
    const results = ['X', 'Y'].map((symbol) => ({ symbol, error }));
    expect(ann.socket.framesOf('results')).toEqual([{ type: 'results', id: 2, results }]);
    expect(ann.socket.closeCode).toBeUndefined();
  });

  it('end the session on a fault of the gateway’s own, whatever else was in the list', async () => {
    vi.spyOn(feed, 'listInstruments').mockRejectedValue(new Error('secret'));
    ann.send({ type: 'subscribe', id: 1, symbols: ['X', 'Y'], ...CHOICE });
    await vi.waitUntil(() => ann.socket.closeCode !== undefined);
    expect(ann.socket.closeCode).toEqual(CLOSE_CODES.internalError);
    expect(ann.socket.wire).toEqual([]);
  });

  it('list what there is to choose', async () => {
    ann.send({ type: 'symbols', id: 1 });
    expect(await frames(1)).toMatchObject([
      { type: 'ack', id: 1, instruments: [{ symbol: 'X' }, { symbol: 'Y' }, { symbol: 'Z' }] },
    ]);
  });
});
