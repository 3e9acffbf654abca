import { createMemoryBackplane } from '@outcry/broker';
import { Inbox } from '@outcry/testkit';
import { pino } from 'pino';

import { type BookSource, createFeedPublisher, type FeedPublisher } from '../../src/index.ts';
import { type Frame, isSnapshot } from './oracle-check.ts';

export interface Collected {
  readonly publisher: FeedPublisher;
  /** What a gateway would hear of the symbols. */
  readonly frames: Inbox<Frame>;
  readonly stop: () => Promise<void>;
}

/** Runs a source through a publisher and a bus in memory, every event a delta of its own. */
export async function collectFrames(source: BookSource, ...symbols: readonly string[]): Promise<Collected> {
  const backplane = createMemoryBackplane();
  await backplane.start({
    handleMessage: () => undefined,
    handleSignal: () => undefined,
    handleReset: () => undefined,
    handleStatus: () => undefined,
  });
  const frames = new Inbox<Frame>((frame) => `${isSnapshot(frame) ? 'snapshot' : 'delta'} ${String(frame.venueSeq)}`);
  const push = (frame: Frame): void => {
    frames.push(frame);
  };
  for (const symbol of symbols) {
    await backplane.feedBus.watch(symbol, { handleSnapshot: push, handleDelta: push, handlePulse: () => undefined });
  }
  const publisher = createFeedPublisher({
    source,
    backplane,
    timing: { deltaMs: 0, snapshotMs: 2000 },
    logger: pino({ level: 'silent' }),
  });
  await publisher.start();
  return {
    publisher,
    frames,
    async stop() {
      await publisher.stop();
      await backplane.close();
    },
  };
}
