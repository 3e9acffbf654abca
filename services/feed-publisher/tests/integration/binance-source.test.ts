import { OutcryError } from '@outcry/broker';
import {
  BinanceServer,
  DEFAULT_DEADLINE_MS,
  Inbox,
  type VenueInstrument,
  type VenueSnapshot,
  type VenueUpdate,
} from '@outcry/testkit';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { type BinanceOptions, openBinanceSource } from '../../src/sources/binance/binance-source.ts';
import { createSocketOpener, type StreamSocket } from '../../src/sources/binance/stream-socket.ts';
import { type Collected, collectFrames } from '../support/collect-frames.ts';
import { isSnapshot } from '../support/oracle-check.ts';

const SNAPSHOT: VenueSnapshot = { lastUpdateId: 10, bids: [['99.50', '1.000']], asks: [['100.00', '2.000']] };
const POLL = { timeout: 30_000 };

function instrumentOf(symbol: string): VenueInstrument {
  return { symbol, tickSize: '0.01000000', stepSize: '0.00100000', snapshot: SNAPSHOT };
}

let venue: BinanceServer;
beforeEach(async () => {
  venue = await BinanceServer.start({
    market: 'spot',
    instruments: ['BTCUSDT', 'ETHUSDT'].map(instrumentOf),
  });
});
afterEach(async () => {
  await venue.stop();
});

function optionsOf(...symbols: readonly string[]): BinanceOptions {
  const { restUrl, streamUrl } = venue;
  const books = symbols.map((symbol) => ({ symbol: `MY-${symbol}`, venueSymbol: symbol }));
  return { market: 'spot', books, restUrl, streamUrl, depth: 500, intervalMs: 100, random: () => 0 };
}

function frameOf({ frames }: Collected, venueSeq: number, symbol = 'MY-BTCUSDT'): ReturnType<typeof frames.take> {
  const what = `the book of ${symbol} after ${String(venueSeq)}`;
  return frames.take((frame) => frame.symbol === symbol && frame.venueSeq === venueSeq, {
    what,
    deadlineMs: DEFAULT_DEADLINE_MS,
  });
}

const silent = pino({ level: 'silent' });

function update(u: number, bid: string, s = 'BTCUSDT'): VenueUpdate {
  return { e: 'depthUpdate', E: 1000 + u, s, U: u, u, b: [[bid, '3.000']], a: [] };
}

describe('the binance source', () => {
  let collected: Collected | undefined;
  afterEach(async () => {
    await collected?.stop();
    collected = undefined;
  });

  async function start(...symbols: readonly string[]): Promise<Collected> {
    const source = await openBinanceSource(optionsOf(...symbols), silent);
    collected = await collectFrames(source, 'MY-BTCUSDT');
    await venue.connections.take(() => true, { what: 'a connection', deadlineMs: DEFAULT_DEADLINE_MS });
    return collected;
  }

  it('asks for one combined stream, and for snapshots as deep as it is told', async () => {
    await frameOf(await start('BTCUSDT', 'ETHUSDT'), 10);
    expect(venue.connections.all).toEqual(['/stream?streams=btcusdt@depth@100ms/ethusdt@depth@100ms']);
    await expect
      .poll(() => venue.requests.all.map(({ path }) => path).sort(), POLL)
      .toEqual([
        '/api/v3/depth?symbol=BTCUSDT&limit=500',
        '/api/v3/depth?symbol=ETHUSDT&limit=500',
        '/api/v3/exchangeInfo?symbols=%5B%22BTCUSDT%22%2C%22ETHUSDT%22%5D',
      ]);
  });

  it('has the scales of tick and step size, and the venue’s own times', async () => {
    const book = await start('BTCUSDT');
    expect(await frameOf(book, 10)).toMatchObject({
      symbol: 'MY-BTCUSDT',
      priceScale: 2,
      sizeScale: 3,
      sourceKind: 'live',
    });
    venue.publish(update(11, '99.60'));
    expect(await frameOf(book, 11)).toMatchObject({ bids: [[9960, 3000]], venueAt: 1011 });
  });

  it('says that a book is not live while the venue cannot be reached, and begins anew when it can', async () => {
    const book = await start('BTCUSDT');
    await frameOf(book, 10);
    venue.refuseConnections(1_000_000);
    venue.cut();
    await expect
      .poll(() => book.publisher.notReady(), POLL)
      .toMatch(/^feeds not live: MY-BTCUSDT interrupted \(the venue's stream is lost: /);
    venue.publish(update(11, '99.60'));
    venue.refuseConnections(0);
    await frameOf(book, 11);
    await expect.poll(() => book.publisher.notReady(), POLL).toBeUndefined();
    expect(new Set(book.frames.all.filter(isSnapshot).map(({ epoch }) => epoch)).size).toBe(2);
  });

  it('goes over to another connection without a break when the venue announces its shutdown', async () => {
    const book = await start('BTCUSDT');
    await frameOf(book, 10);
    venue.publish(update(11, '99.60'));
    venue.announceShutdown();
    await venue.connections.take(() => true, { what: 'another connection', deadlineMs: DEFAULT_DEADLINE_MS });
    venue.publish(update(12, '99.70'));
    venue.publish(update(13, '99.80'));
    await expect.poll(() => venue.clientCount, POLL).toBe(1);
    venue.publish(update(14, '99.90'));
    await frameOf(book, 14);
    expect(new Set(book.frames.all.map(({ epoch }) => epoch)).size).toBe(1);
    expect(book.frames.all.filter((frame) => !isSnapshot(frame)).map(({ venueSeq }) => venueSeq)).toEqual([
      11, 12, 13, 14,
    ]);
  });

  it('takes another connection where a frame cannot be read', async () => {
    const book = await start('BTCUSDT');
    await frameOf(book, 10);
    venue.broadcast('{"stream":"btcusdt@depth@100ms","data":{"e":"depthUpdate","U":"11"}}');
    await venue.connections.take(() => true, { what: 'another connection', deadlineMs: DEFAULT_DEADLINE_MS });
    venue.publish(update(11, '99.60'));
    await frameOf(book, 11);
  });

  it('begins anew where a level is no number', async () => {
    const book = await start('BTCUSDT');
    await frameOf(book, 10);
    const nonsense = { stream: 'btcusdt@depth@100ms', data: update(11, '1e3') };
    venue.broadcast(JSON.stringify(nonsense));
    await expect
      .poll(() => book.publisher.notReady(), POLL)
      .toMatch(/^feeds not live: MY-BTCUSDT interrupted \(BTCUSDT, update 11: "1e3" is not/);
    await expect.poll(() => book.publisher.notReady(), POLL).toBeUndefined();
    venue.publish(update(11, '99.60'));
    await frameOf(book, 11);
  });

  it('keeps every request back for as long as the venue says', async () => {
    venue.refuseSnapshots({ times: 1, status: 418, retryAfterSeconds: 2 });
    await frameOf(await start('BTCUSDT'), 10);
    const [refused, answered] = venue.requests.all.filter(({ path }) => path.includes('/depth'));
    expect([refused?.status, answered?.status]).toEqual([418, 200]);
    expect((answered?.atMs ?? 0) - (refused?.atMs ?? 0)).toBeGreaterThanOrEqual(1990);
  });

  it('joins what came while the snapshot was on its way', async () => {
    venue.freezeSnapshots('BTCUSDT', 1);
    const release = venue.holdSnapshots();
    const book = await start('BTCUSDT');
    for (let u = 11; u <= 40; u++) venue.publish(update(u, `99.${String(u)}`));
    expect(book.publisher.notReady()).toBe('feeds not live: MY-BTCUSDT starting');
    release();
    await frameOf(book, 40);
    expect(book.frames.all.map(({ venueSeq }) => venueSeq)).toEqual(Array.from({ length: 31 }, (_, i) => 10 + i));
    expect(new Set(book.frames.all.map(({ epoch }) => epoch)).size).toBe(1);
  });

  it('follows two names of one symbol', async () => {
    const books = ['A', 'B'].map((symbol) => ({ symbol, venueSymbol: 'BTCUSDT' }));
    const source = await openBinanceSource({ ...optionsOf(), books }, silent);
    collected = await collectFrames(source, 'A', 'B');
    await venue.connections.take(() => true, { what: 'a connection', deadlineMs: DEFAULT_DEADLINE_MS });
    await frameOf(collected, 10, 'A');
    await frameOf(collected, 10, 'B');
    venue.publish(update(11, '99.60'));
    await frameOf(collected, 11, 'A');
    await frameOf(collected, 11, 'B');
    expect(venue.connections.all).toEqual(['/stream?streams=btcusdt@depth@100ms']);
  });

  it('does not open where the venue cannot be reached', async () => {
    const options = { ...optionsOf('BTCUSDT'), restUrl: 'http://127.0.0.1:1' };
    await expect(openBinanceSource(options, silent)).rejects.toMatchObject({ code: 'unavailable' });
  });

  it('does not open where the venue knows none of the symbols, and names each', async () => {
    const unknown = await openBinanceSource(optionsOf('btc-usdt', 'NOPE'), silent).catch((err: unknown) => err);
    expect(unknown).toBeInstanceOf(OutcryError);
    expect(unknown).toMatchObject({
      code: 'badConfig',
      message: 'the venue does not know btc-usdt; its symbols are written like BTCUSDT, the venue does not know NOPE',
    });
  });
});

describe('a symbol that the venue does not trade, among others', () => {
  /** Short, and yet no question of the many that follow waits for the limit of the venue. */
  const QUIET_MS = 200;
  let collected: Collected;
  afterEach(async () => {
    await collected.stop();
  });

  async function start(symbols: readonly string[], market: BinanceOptions['market'] = 'spot'): Promise<void> {
    const source = await openBinanceSource({ ...optionsOf(...symbols), market, quietMs: QUIET_MS }, silent);
    collected = await collectFrames(source, 'MY-BTCUSDT', 'MY-ETHUSDT', 'MY-NEWUSDT');
  }

  it.each(['spot', 'usdm'] as const)(
    'leaves the others alone, is named, and begins when it is listed: %s',
    async (market) => {
      await venue.stop();
      venue = await BinanceServer.start({ market, instruments: ['BTCUSDT', 'ETHUSDT'].map(instrumentOf) });
      await start(['BTCUSDT', 'NEWUSDT', 'ETHUSDT'], market);
      await frameOf(collected, 10, 'MY-BTCUSDT');
      await frameOf(collected, 10, 'MY-ETHUSDT');
      const why = 'feeds not live: MY-NEWUSDT missing (the venue does not know NEWUSDT)';
      await expect.poll(() => collected.publisher.notReady(), POLL).toBe(why);
      expect(venue.connections.all).toEqual(['/stream?streams=btcusdt@depth@100ms/ethusdt@depth@100ms']);

      venue.list(instrumentOf('NEWUSDT'));
      expect(await frameOf(collected, 10, 'MY-NEWUSDT')).toMatchObject({ priceScale: 2, sizeScale: 3 });
      venue.publish(update(11, '99.60', 'NEWUSDT'));
      await frameOf(collected, 11, 'MY-NEWUSDT');
      await expect.poll(() => collected.publisher.notReady(), POLL).toBeUndefined();
    },
  );

  it('is found among many, with questions that are no longer than an address may be', async () => {
    const many = Array.from({ length: 500 }, (_, i) => `S${String(i)}USDT`);
    for (const symbol of many) venue.list(instrumentOf(symbol));
    await start(['BTCUSDT', ...many, 'NEWUSDT', 'ETHUSDT']);
    const why = 'MY-NEWUSDT missing (the venue does not know NEWUSDT)';
    await expect.poll(() => collected.publisher.notReady(), POLL).toContain(why);
    const questions = venue.requests.all.filter(({ path }) => path.includes('exchangeInfo'));
    for (const { path } of questions) expect(path.length).toBeLessThan(8192);
    const streams = (): number[] => venue.connections.all.map((url) => url.split('/').length - 1);
    await expect.poll(() => streams().sort(), POLL).toEqual([102, 200, 200]);
  });

  it('is named when it goes while its stream is only silent, and begins anew when it comes back', async () => {
    await start(['BTCUSDT', 'ETHUSDT']);
    await frameOf(collected, 10, 'MY-ETHUSDT');
    venue.delist('ETHUSDT');
    const why = 'feeds not live: MY-ETHUSDT interrupted (the venue does not know ETHUSDT)';
    await expect.poll(() => collected.publisher.notReady(), POLL).toBe(why);
    venue.publish(update(11, '99.60'));
    await frameOf(collected, 11, 'MY-BTCUSDT');

    venue.list({ ...instrumentOf('ETHUSDT'), snapshot: { ...SNAPSHOT, lastUpdateId: 20 } });
    await frameOf(collected, 20, 'MY-ETHUSDT');
    await expect.poll(() => collected.publisher.notReady(), POLL).toBeUndefined();
  });

  it('is named when the venue stops the trade in it, and begins anew when that goes on', async () => {
    await start(['BTCUSDT', 'ETHUSDT']);
    await frameOf(collected, 10, 'MY-ETHUSDT');
    venue.setStatus('ETHUSDT', 'BREAK');
    const why = 'feeds not live: MY-ETHUSDT interrupted (the venue does not trade ETHUSDT now: BREAK)';
    await expect.poll(() => collected.publisher.notReady(), POLL).toBe(why);
    venue.setStatus('ETHUSDT', 'TRADING');
    venue.publish(update(11, '99.60', 'ETHUSDT'));
    await frameOf(collected, 11, 'MY-ETHUSDT');
    await expect.poll(() => collected.publisher.notReady(), POLL).toBeUndefined();
  });
});

describe('a connection to the venue', () => {
  const sockets: StreamSocket[] = [];
  afterEach(() => {
    for (const socket of sockets.splice(0)) socket.close();
  });

  /** Gives a venue that is asked longer to answer than a busy machine needs, unless said otherwise. */
  function open(giveUpAfterMs = 30_000): Inbox<string> {
    const heard = new Inbox<string>((line) => line);
    const openSocket = createSocketOpener({ probeAfterMs: 50, giveUpAfterMs });
    const handler = {
      handleOpen: () => {
        heard.push('open');
      },
      handleText: (text: string) => {
        heard.push(text);
      },
      handleClose: (reason: string) => {
        heard.push(`closed: ${reason}`);
      },
    };
    sockets.push(openSocket(`${venue.streamUrl}/stream?streams=btcusdt@depth@100ms`, handler));
    return heard;
  }

  function next(heard: Inbox<string>, what: string): Promise<string> {
    return heard.take((line) => line.startsWith(what), { what, deadlineMs: DEFAULT_DEADLINE_MS });
  }

  it('asks a quiet venue for a sign of life, and is content with the answer', async () => {
    const heard = open();
    for (let answers = 0; answers < 10; answers++) await next(heard, '{"result":["btcusdt@depth@100ms"]');
    expect(heard.all).not.toContain('closed: silent');
  });

  it('counts as lost where the venue gives none', async () => {
    const heard = open(300);
    await next(heard, 'open');
    venue.mute();
    await next(heard, 'closed: silent');
  });

  it('says once that it was cut, and nothing after it was closed', async () => {
    const heard = open();
    await next(heard, 'open');
    venue.cut();
    await next(heard, 'closed');
    expect(heard.all.filter((line) => line.startsWith('closed'))).toHaveLength(1);

    const other = open();
    await next(other, 'open');
    sockets.at(-1)?.close();
    await expect.poll(() => venue.clientCount, POLL).toBe(0);
    expect(other.all.filter((line) => line.startsWith('closed'))).toEqual([]);
  });
});
