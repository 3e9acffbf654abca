import { NO_FAULTS } from '@outcry/testkit';
import { beforeAll, describe, expect, it } from 'vitest';

import { metricOf } from '../metrics.ts';
import { ENCODINGS, Run } from './support/run.ts';
import { IS_LONG, scaled, TIMEOUT_MS } from './support/scale.ts';
import { Stage } from './support/stage.ts';

/** 50 kbit/s. */
const SLOW = { bytesPerSecond: 6_250 };
const MESSAGE_BYTES = 900;
const BURST = 200;
/** As many as a room keeps by default. */
const RETAINED = 1_000;
/** 200 messages a second for 67 seconds. */
const LONG = { everyMs: 5, count: 13_400 };
/** What is older than this must not be called live: 3 s late, and what a busy machine takes. */
const TOLD_MS = 6_000;
const OLD_MS = scaled({ short: 7_000, long: 30_000 });
const SYMBOLS = ['BTCUSDT', 'ETHUSDT', 'SOLUSDT'];
const SPEAK_EVERY_MS = 100;

let stage: Stage;

beforeAll(async () => {
  const feed = { source: 'simulator', symbols: SYMBOLS.join(','), rate: 2_000 } as const;
  // A limit that is reached soon, and one that is not reached at all.
  const settings = scaled({ short: { softBufferBytes: 16 * 1024, hardBufferBytes: 64 * 1024 * 1024 }, long: {} });
  stage = await Stage.start({ gateways: 1, feed, settings });
  return () => stage[Symbol.asyncDispose]();
});

describe.each(ENCODINGS)('the client in a browser, on a line of 50 kbit/s, %s', { timeout: TIMEOUT_MS }, (encoding) => {
  function slowDown(): void {
    stage.all((proxy) => {
      proxy.inflict({ toClient: SLOW, toServer: SLOW });
    });
  }

  it('tells of a gap after more than the line carries, and shows behind it what the room retains', async () => {
    await using run = new Run(stage, encoding);
    const ann = await run.member('ann');
    const speaker = await run.speaker();
    await speaker.say(1);
    await run.untilWhole();
    slowDown();
    if (IS_LONG) {
      await speaker.talk(LONG.everyMs, { bytes: MESSAGE_BYTES, count: LONG.count }).ended;
    } else {
      const before = await lagging(stage);
      while ((await lagging(stage)) === before) await speaker.say(BURST, MESSAGE_BYTES);
      await speaker.say(RETAINED + BURST, MESSAGE_BYTES);
    }
    await stage.heal();
    await run.untilWhole();

    const gap = ann.last('gap');
    expect(gap?.missed).toBeGreaterThan(0);
    expect((run.head?.seq ?? 0) - (gap?.position.seq ?? 0)).toBe(RETAINED);
    expect(run.judge()).toMatchObject({ ...NO_FAULTS, examples: [] });
    if (!IS_LONG) {
      expect(ann.losses).toBe(0);
      expect(ann.last('joined')?.isReconnected).toBe(false);
    }
  });

  it('calls deep books stale and itself lagging, never live, while they come late; and live again on a good line', async () => {
    await using run = new Run(stage, encoding);
    const ann = await run.member('ann');
    const speaker = await run.speaker();
    const talk = speaker.talk(SPEAK_EVERY_MS);
    for (const symbol of SYMBOLS) await ann.do('watch', symbol, 0, 0);
    await ann.until(() => ann.all('book').length > 30, 'has no books');
    slowDown();
    await ann.until(() => (ann.last('book')?.ageMs ?? 0) > OLD_MS, 'its books do not grow old', 2 * 60_000);
    await talk.stop();
    await stage.heal();
    await run.untilWhole();
    for (const symbol of SYMBOLS) {
      await ann.until(() => {
        const book = ann.all('book').findLast((each) => each.symbol === symbol);
        return book?.status === 'live' && book.ageMs < TOLD_MS;
      }, `does not show ${symbol} as live again`);
    }
    await ann.until(() => ann.last('status')?.isLagging === false, 'still lags');

    const books = ann.all('book');
    expect(books.filter(({ ageMs, status }) => ageMs > TOLD_MS && status === 'live')).toEqual([]);
    expect(books.some(({ change }) => change === 'stale')).toBe(true);
    expect(ann.all('status').some(({ isLagging }) => isLagging)).toBe(true);
    expect(run.judge()).toMatchObject({ ...NO_FAULTS, examples: [] });
  });
});

function lagging({ gateway }: Stage): Promise<number> {
  return metricOf(gateway, 'outcry_gateway_lagging_total');
}
