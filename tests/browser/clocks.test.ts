import { randomBytes } from 'node:crypto';

import { makeToken, NO_FAULTS } from '@outcry/testkit';
import { beforeAll, describe, expect, it } from 'vitest';

import type { PageClock } from './support/clock.ts';
import type { Member } from './support/member.ts';
import { ENCODINGS, Run } from './support/run.ts';
import { scaled, TIMEOUT_MS } from './support/scale.ts';
import { Stage } from './support/stage.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
/** Less than the fastest clock is ahead, so that a client that asked its own would find every token expired. */
const TOKEN_LIFETIME_S = 170;
const SAID = scaled({ short: 50, long: 1_000 });
const EVERY_MS = 10;
const BACKOFF = { baseMs: 100, maxMs: 500 };
/** Far less than any clock here is wrong, and much for a busy machine. */
const NEAR_MS = 20_000;
const EVERY_ROOM = { 'room-*': ['read', 'write'] };
const SYMBOL = 'BTCUSDT';

const secret = randomBytes(32).toString('hex');
let stage: Stage;

beforeAll(async () => {
  stage = await Stage.start({
    gateways: 1,
    settings: { authSecret: secret },
    feed: { source: 'simulator', symbols: SYMBOL },
    tokenOf: (sub) => makeToken(secret, { sub, lifetimeSeconds: TOKEN_LIFETIME_S, claims: { rooms: EVERY_ROOM } }),
  });
  return () => stage[Symbol.asyncDispose]();
});

describe.each(ENCODINGS)('the client in a browser whose clock is wrong, %s', { timeout: TIMEOUT_MS }, (encoding) => {
  /** A cut, and what the client says of time before, meanwhile and behind it. */
  async function expectTime(member: Member, wrongByMs: number): Promise<void> {
    const times = await member.do('times');
    expect(Math.abs(times.date - Date.now() - wrongByMs)).toBeLessThan(NEAR_MS);
    expect(Math.abs(times.serverNow - Date.now())).toBeLessThan(NEAR_MS);
    expect(times.pingMs).toBeGreaterThan(0);
    expect(times.pingMs).toBeLessThan(NEAR_MS);
    // One for each connection, and none because this one seems to be over.
    expect(times.tokens).toBe(member.losses + 1);
    for (const { ageMs } of member.all('message')) expect(Math.abs(ageMs)).toBeLessThan(NEAR_MS);
    for (const { waitMs = 0 } of member.all('status')) {
      expect(waitMs).toBeGreaterThan(-NEAR_MS);
      expect(waitMs).toBeLessThanOrEqual(BACKOFF.maxMs);
    }
    const { status, shownAgeMs } = member.last('book') ?? {};
    expect(status).toBe('live');
    expect(shownAgeMs).toBeLessThan(NEAR_MS);
    expect(shownAgeMs).toBeGreaterThanOrEqual(0);
  }

  async function resume(run: Run, member: Member): Promise<void> {
    const mark = member.mark;
    stage.all((proxy) => {
      proxy.dropConnections();
    });
    await member.until(() => member.since(mark, 'joined').length > 0, 'has not resumed');
    await member.until(() => member.last('book')?.status === 'live', 'its book is not live');
    await run.untilWhole();
  }

  it.each([
    ['3 minutes ahead', 3 * MINUTE_MS],
    ['two hours behind', -2 * HOUR_MS],
  ])('goes by the time of the cluster with a clock %s', async (_, clockAheadMs) => {
    await using run = new Run(stage, encoding);
    const ann = await run.member('ann', { clockAheadMs, settings: { backoff: BACKOFF } });
    const speaker = await run.speaker();
    await ann.do('watch', SYMBOL, 10, 100);
    await speaker.say(SAID);
    await run.untilWhole();
    await ann.until(() => ann.last('book')?.status === 'live', 'its book is not live');
    await expectTime(ann, clockAheadMs);
    await resume(run, ann);
    await speaker.say(SAID);
    await run.untilWhole();
    await expectTime(ann, clockAheadMs);

    expect(ann.losses).toBe(1);
    expect(run.judge()).toMatchObject({ ...NO_FAULTS, startedAfresh: 0, resets: 0, examples: [] });
  });

  it('does not notice a clock that is moved while it runs, back and ahead', async () => {
    await using run = new Run(stage, encoding);
    const ann = await run.member('ann', { settings: { backoff: BACKOFF } });
    const speaker = await run.speaker();
    await ann.do('watch', SYMBOL, 10, 100);
    await ann.until(() => ann.last('book')?.status === 'live', 'its book is not live');
    let wrongByMs = 0;
    for (const byMs of [-2 * HOUR_MS, 5 * HOUR_MS]) {
      const talk = speaker.talk(EVERY_MS);
      await ann.until(() => ann.last('message') !== undefined, 'hears nothing');
      await ann.page.evaluate((moveByMs) => {
        (globalThis as unknown as PageClock).moveClock(moveByMs);
      }, byMs);
      wrongByMs += byMs;
      const mark = ann.mark;
      await ann.until(() => ann.since(mark, 'book').length > 0, 'its book stands still');
      await talk.stop();
      await run.untilWhole();
      await expectTime(ann, wrongByMs);
      expect(ann.since(mark, 'status').filter(({ state }) => state !== 'connected')).toEqual([]);
      expect(ann.since(mark, 'book').filter(({ status }) => status !== 'live')).toEqual([]);
      await resume(run, ann);
      await expectTime(ann, wrongByMs);
    }

    expect(run.judge()).toMatchObject({ ...NO_FAULTS, startedAfresh: 0, resets: 0, examples: [] });
  });
});
