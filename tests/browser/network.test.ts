import { NO_FAULTS } from '@outcry/testkit';
import { beforeAll, describe, expect, it } from 'vitest';

import { ENCODINGS, Run } from './support/run.ts';
import { DEADLINE_MS, scaled, TIMEOUT_MS } from './support/scale.ts';
import { Stage } from './support/stage.ts';

const EVERY_MS = 10;
const CUTS = scaled({ short: 6, long: 60 });
const SAID = scaled({ short: 50, long: 500 });
const SYMBOL = 'BTCUSDT';
/** So long that a client would never come back in time by itself. */
const FAR_BACKOFF = { baseMs: 60_000, maxMs: 120_000 };
const REFUSED_MS = 1_500;
const SEALED = 21;

let stage: Stage;

beforeAll(async () => {
  const feed = { source: 'simulator', symbols: SYMBOL, rate: 200 } as const;
  stage = await Stage.start({ gateways: 2, feed, settings: { historyCount: 100_000 } });
  return () => stage[Symbol.asyncDispose]();
});

describe.each(ENCODINGS)('the client in a browser, on networks that break, %s', { timeout: TIMEOUT_MS }, (encoding) => {
  function freeze(): void {
    stage.all((proxy) => {
      proxy.freeze();
    });
  }

  it('goes on at another gateway where connections are reset (RST) or ended (FIN), again and again', async () => {
    await using run = new Run(stage, encoding);
    const ann = await run.member('ann');
    const talk = (await run.speaker()).talk(EVERY_MS);
    for (let cut = 1; cut <= CUTS; cut++) {
      stage.all((proxy) => {
        if (cut % 2 === 0) proxy.endConnections();
        else proxy.dropConnections();
      });
      await ann.until(() => ann.all('joined').length > cut, 'has not resumed');
    }
    await talk.stop();
    await run.untilWhole();

    expect(run.judge()).toMatchObject({ ...NO_FAULTS, recovered: CUTS, startedAfresh: 0, resets: 0, examples: [] });
    expect(new Set(ann.all('joined').map(({ node }) => node))).toEqual(new Set(['a', 'b']));
  });

  it('shows what a short black hole held back, on the same connection', async () => {
    await using run = new Run(stage, encoding);
    const ann = await run.member('ann');
    const speaker = await run.speaker();
    await speaker.say(1);
    await run.untilWhole();
    freeze();
    await ann.do('publish', run.room, ['into the hole']);
    await speaker.say(SAID);
    await stage.heal();
    await ann.untilAnswered(1);
    await run.untilWhole();

    expect(run.judge()).toMatchObject({ ...NO_FAULTS, recovered: 0, startedAfresh: 0, examples: [] });
    expect(ann.losses).toBe(0);
  });

  it('gives up a connection in a black hole, and resumes behind it', async () => {
    await using run = new Run(stage, encoding);
    const settings = { pingAfterMs: 300, pongTimeoutMs: 700, connectTimeoutMs: 700 };
    const ann = await run.member('ann', { settings });
    const speaker = await run.speaker();
    const talk = speaker.talk(EVERY_MS);
    await ann.until(() => ann.last('message') !== undefined, 'hears nothing');
    freeze();
    await ann.do('publish', run.room, ['into the hole']);
    await ann.until(() => (ann.last('status')?.attempt ?? 0) >= scaled({ short: 2, long: 10 }), 'has not tried again');
    await stage.heal();
    await talk.stop();
    await ann.untilAnswered(1);
    await run.untilWhole();

    expect(run.judge()).toMatchObject({ ...NO_FAULTS, startedAfresh: 0, resets: 0, examples: [] });
    expect(ann.last('joined')).toMatchObject({ isReconnected: true, isRecovered: true });
  });

  it.each(['offline', 'change'])(
    'asks at once at the event %s, though a book has flowed into a black hole',
    async (event) => {
      await using run = new Run(stage, encoding);
      const settings = scaled({ short: { pongTimeoutMs: 1_000 }, long: {} });
      const ann = await run.member('ann', { settings });
      const speaker = await run.speaker();
      await ann.do('watch', SYMBOL, 0, 0);
      await ann.until(() => ann.all('book').length > 10, 'has no book');
      freeze();
      const mark = ann.mark;
      if (event === 'offline') await ann.goOffline();
      else await ann.tellNetworkChange();
      await speaker.say(SAID);
      await ann.until(() => ann.since(mark, 'status').some(({ state }) => state === 'reconnecting'), 'has not noticed');
      const told = ann.since(mark, 'platform')[0]?.at ?? NaN;
      const noticed = ann.since(mark, 'status').find(({ state }) => state === 'reconnecting')?.at ?? NaN;
      await stage.heal();
      if (event === 'offline') await ann.goOnline();
      await run.untilWhole();
      await ann.until(() => ann.last('book')?.status === 'live', 'its book is not live again');

      // By silence alone it would take 20 s.
      expect(noticed - told).toBeLessThan(10_000);
      expect(run.judge()).toMatchObject({ ...NO_FAULTS, startedAfresh: 0, resets: 0, examples: [] });
    },
  );

  it('sends what was said offline, and comes back with the event online', async () => {
    await using run = new Run(stage, encoding);
    const ann = await run.member('ann', { settings: { backoff: FAR_BACKOFF }, random: 0.999 });
    const speaker = await run.speaker();
    await ann.goOffline();
    await stage.cut();
    await ann.until(() => (ann.last('status')?.waitMs ?? 0) > DEADLINE_MS, 'does not wait');
    const texts = Array.from({ length: SAID }, (_, i) => `said offline ${String(i)}`);
    await ann.do('publish', run.room, texts);
    await speaker.say(SAID);
    await stage.heal();
    const mark = ann.mark;
    await ann.goOnline();
    await ann.untilAnswered(SAID);
    await run.untilWhole();

    const seqs = ann.settled('publish').map(({ position }) => position?.seq);
    expect(seqs).toEqual(seqs.toSorted((a, b) => Number(a) - Number(b)));
    expect(ann.since(mark, 'message').map(({ data }) => data)).toEqual(expect.arrayContaining(texts));
    expect(run.judge()).toMatchObject({ ...NO_FAULTS, startedAfresh: 0, resets: 0, examples: [] });
  });

  it('begins its waits anew with the event online, where the first attempt fails as well', async () => {
    await using run = new Run(stage, encoding);
    const backoff = scaled({ short: { baseMs: 200, maxMs: 60_000 }, long: { baseMs: 1_000, maxMs: 30_000 } });
    const farMs = scaled({ short: 3_000, long: 29_000 });
    const ann = await run.member('ann', { settings: { backoff }, random: 0.999 });
    const speaker = await run.speaker();
    await ann.goOffline();
    await stage.cut();
    await speaker.say(SAID);
    await ann.until(() => (ann.last('status')?.waitMs ?? 0) > farMs, 'its waits do not grow', 2 * 60_000);
    const mark = ann.mark;
    const failed = ann.last('status')?.attempt ?? NaN;
    await ann.goOnline();
    const afterOneMore = (): number | undefined =>
      ann.since(mark, 'status').find(({ attempt, waitMs }) => attempt > failed && waitMs !== undefined)?.waitMs;
    await ann.until(() => afterOneMore() !== undefined, 'has not tried');
    await stage.heal();
    await run.untilWhole();

    expect(ann.since(mark, 'status')[0]?.waitMs).toBeLessThanOrEqual(250);
    expect(afterOneMore()).toBeLessThanOrEqual(backoff.baseMs);
    expect(run.judge()).toMatchObject({ ...NO_FAULTS, startedAfresh: 0, resets: 0, examples: [] });
  });

  it('answers sealed publishes, messages and questions that were asked while connections were refused', async () => {
    await using run = new Run(stage, encoding);
    const settings = { backoff: { baseMs: 50, maxMs: 600 } };
    const ann = await run.member('ann', { isSealed: true, settings });
    const bob = await run.member('bob', { isSealed: true });
    const texts = Array.from({ length: SEALED }, (_, i) => `sealed ${String(i)}`);
    await stage.cut();
    const cutAt = performance.now();
    await ann.do('publish', run.room, texts);
    await ann.do('send', ['to myself']);
    await ann.do('ask', run.room, 'history');
    await ann.do('ask', run.room, 'members');
    await ann.until(
      () => (ann.last('status')?.attempt ?? 0) >= 5 && performance.now() - cutAt >= REFUSED_MS,
      'has not tried five times',
    );
    await stage.heal();
    await ann.untilAnswered(SEALED + 3);
    await ann.do('publish', run.room, ['sealed behind them']);
    await ann.untilAnswered(SEALED + 4);
    await run.untilWhole();

    expect(bob.all('message').map(({ data }) => data)).toEqual([...texts, 'sealed behind them']);
    expect(bob.all('undeliverable')).toEqual([]);
    expect(run.judge()).toMatchObject({ ...NO_FAULTS, startedAfresh: 0, resets: 0, examples: [] });
  });
});
