import {
  BinanceServer,
  DEFAULT_DEADLINE_MS,
  type Inbox,
  loadBookTickerOracle,
  loadVenueRecording,
  type VenueRecording,
} from '@outcry/testkit';
import { pino } from 'pino';
import { describe, expect, it } from 'vitest';

import { openBinanceSource } from '../../src/sources/binance/binance-source.ts';
import { type Collected, collectFrames } from '../support/collect-frames.ts';
import { checkWithOracle, type Frame } from '../support/oracle-check.ts';
import { pathOf, type Recording, RECORDINGS } from '../support/recordings.ts';

/** Updates that the venue may be ahead of the publisher: less than the source keeps, and enough to be in flight. */
const MAX_AHEAD = 100;

const RESYNC_DEADLINE_MS = 30_000;

interface Replay extends Collected {
  readonly venue: BinanceServer;
  readonly updates: VenueRecording['updates'];
}

async function replay(recording: Recording, path: string): Promise<Replay> {
  const { market, venueSymbol, symbol, intervalMs, tickSize, stepSize } = recording;
  const { snapshot, updates } = await loadVenueRecording(path);
  const venue = await BinanceServer.start({
    market,
    instruments: [{ symbol: venueSymbol, tickSize, stepSize, snapshot }],
  });
  const { restUrl, streamUrl } = venue;
  const books = [{ venueSymbol, symbol }];
  const options = { market, books, restUrl, streamUrl, depth: 1000, intervalMs, random: () => 0 };
  const source = await openBinanceSource(options, pino({ level: 'silent' }));
  const collected = await collectFrames(source, symbol);
  const stop = async (): Promise<void> => {
    await collected.stop();
    await venue.stop();
  };
  await venue.connections.take(() => true, { what: 'a stream connection', deadlineMs: DEFAULT_DEADLINE_MS });
  return { ...collected, stop, venue, updates };
}

/** Waits until the publisher has told the book as of that update, in whatever frame. */
async function caughtUp(frames: Inbox<Frame>, venueSeq: number): Promise<void> {
  if ((frames.all.at(-1)?.venueSeq ?? 0) >= venueSeq) return;
  const what = `the book after update ${String(venueSeq)}`;
  await frames.take((frame) => frame.venueSeq >= venueSeq, { what, deadlineMs: RESYNC_DEADLINE_MS });
}

describe('a recording through a venue and the binance source', () => {
  it.for(RECORDINGS)('equals its own book ticker after every depth event: $file', async (recording, context) => {
    const path = pathOf(recording, context);
    const { venue, updates, frames, stop } = await replay(recording, path);
    for (const [i, update] of updates.entries()) {
      venue.publish(update);
      if (i % MAX_AHEAD === MAX_AHEAD - 1) await caughtUp(frames, update.u);
    }
    await caughtUp(frames, updates.at(-1)?.u ?? 0);
    await stop();

    const { epochs, deltas, checked, mismatches } = checkWithOracle(frames.all, await loadBookTickerOracle(path));
    expect(mismatches).toEqual([]);
    // A level that is finer than the step size starts the book anew, once; a snapshot stands for what came meanwhile.
    expect(epochs).toBe(recording.hasFinerLevels ? 2 : 1);
    expect(deltas).toBeGreaterThan(recording.events - epochs * MAX_AHEAD);
    expect(checked).toBeGreaterThan(recording.checkable - epochs * MAX_AHEAD);
  });

  it.for(RECORDINGS)('equals it too where the venue fails again and again: $file', async (recording, context) => {
    const path = pathOf(recording, context);
    const { venue, updates, frames, stop } = await replay(recording, path);
    const faults = faultsOf(venue, recording.venueSymbol);
    const distance = Math.floor(updates.length / (faults.length + 1));
    for (const [i, update] of updates.entries()) {
      if ((i + 1) % distance === 0) faults[(i + 1) / distance - 1]?.();
      venue.publish(update);
      if (i % MAX_AHEAD === MAX_AHEAD - 1) await caughtUp(frames, update.u);
    }
    await caughtUp(frames, updates.at(-1)?.u ?? 0);
    await stop();

    const { epochs, checked, mismatches } = checkWithOracle(frames.all, await loadBookTickerOracle(path));
    expect(mismatches).toEqual([]);
    expect(epochs).toBeGreaterThanOrEqual(faults.length);
    expect(checked).toBeGreaterThan(recording.checkable / 2);
    expect(venue.requests.all.filter(({ status }) => status !== 200)).toHaveLength(3);
  });
});

/** What befalls the venue, in this order, at even distances. */
function faultsOf(venue: BinanceServer, symbol: string): readonly (() => void)[] {
  return [
    () => {
      venue.dropUpdates(1);
    },
    () => {
      venue.cut();
    },
    () => {
      venue.freezeSnapshots(symbol, 2);
      venue.dropUpdates(5);
    },
    () => {
      venue.refuseSnapshots({ times: 1, status: 429, retryAfterSeconds: 1 });
      venue.dropUpdates(1);
    },
    () => {
      venue.refuseConnections(2);
      venue.cut();
    },
    () => {
      venue.refuseSnapshots({ times: 2, status: 503 });
      venue.cut();
    },
  ];
}
