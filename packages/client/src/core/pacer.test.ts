import type { ReceivedFrame } from '@outcry/protocol';
import { describe, expect, it } from 'vitest';

import { Pacer } from './pacer.ts';

type Welcome = Extract<ReceivedFrame, { type: 'welcome' }>;

/** As a gateway says it by default; one of an earlier version says nothing of rates. */
const RATES = {
  ...{ maxFramesPerSecond: 50, maxFrameBurst: 100, maxBytesPerSecond: 262_144, maxByteBurst: 524_288 },
  ...{ maxJoinsPerSecond: 20, maxJoinBurst: 128, maxSignalsPerSecond: 10, maxSignalBurst: 20 },
};

function welcome(rates: Partial<Welcome>): Welcome {
  const limits = { maxFrameBytes: 16_384, maxRooms: 128, maxSubscriptions: 64 };
  const times = { at: 0, heartbeatMs: 25_000, resumeWindowMs: 600_000 };
  return { type: 'welcome', connection: 'c', node: 'n', user: 'ann', ...times, ...limits, ...rates };
}

function begun(framesPerSecond: number | undefined, rates: Partial<Welcome> = {}): Pacer {
  const pacer = new Pacer(framesPerSecond);
  pacer.begin(welcome(rates), 0);
  return pacer;
}

/** How many frames go out at once. */
function burst(pacer: Pacer, now: number, bytes = 100): number {
  let sent = 0;
  while (sent < 1_000 && pacer.canSend(now)) {
    pacer.sent(bytes);
    sent += 1;
  }
  return sent;
}

describe('a pacer of 45 frames a second', () => {
  it('lets 90 go at once, then one as soon as it may, and never more than that on average', () => {
    const pacer = begun(45);
    expect(burst(pacer, 0)).toBe(90);
    expect(pacer.readyAt).toBe(23);
    expect(burst(pacer, 22)).toBe(0);
    expect(burst(pacer, pacer.readyAt)).toBe(1);
    let sent = 0;
    for (let now = 100; now <= 10_000; now += 10) sent += burst(pacer, now);
    expect(sent).toBeGreaterThanOrEqual(440);
    expect(sent).toBeLessThanOrEqual(450);
  });

  it('gathers no more than a burst, however long nothing is sent', () => {
    const pacer = begun(45);
    burst(pacer, 0);
    expect(burst(pacer, 3_600_000)).toBe(90);
  });

  it('begins with a burst on each connection', () => {
    const pacer = begun(45);
    burst(pacer, 0);
    pacer.begin(welcome({}), 10);
    expect(burst(pacer, 10)).toBe(90);
  });
});

describe('the rate of a pacer', () => {
  it.each<[string, { own: number | undefined; rates: Partial<Welcome>; frames: number }]>([
    ['is 45 where nobody says anything', { own: undefined, rates: {}, frames: 90 }],
    ['is what the gateway takes, less a tenth', { own: undefined, rates: RATES, frames: 90 }],
    [
      'is what the gateway takes, however much that is',
      { own: undefined, rates: { ...RATES, maxFramesPerSecond: 200, maxFrameBurst: 500 }, frames: 450 },
    ],
    [
      'has no limit where the gateway has none',
      { own: undefined, rates: { maxFramesPerSecond: 0, maxFrameBurst: 0 }, frames: 1_000 },
    ],
    ['is what the client wants', { own: 10, rates: RATES, frames: 20 }],
    [
      'is what the client wants, where the gateway has no limit',
      { own: 10, rates: { maxFramesPerSecond: 0, maxFrameBurst: 0 }, frames: 20 },
    ],
    ['is no more than the gateway takes', { own: 400, rates: RATES, frames: 90 }],
    [
      'is a frame at least, or nothing would ever go',
      { own: undefined, rates: { maxFramesPerSecond: 1, maxFrameBurst: 1 }, frames: 1 },
    ],
    ['has no limit where the client wants none', { own: 0, rates: RATES, frames: 1_000 }],
  ])('%s', (_, { own, rates, frames }) => {
    expect(burst(begun(own, rates), 0)).toBe(frames);
  });

  it('is one of bytes, too: a frame passes while there are any, and is paid back', () => {
    const pacer = begun(undefined, { ...RATES, maxFramesPerSecond: 0 });
    expect(burst(pacer, 0, 16_384)).toBe(29);
    const { readyAt } = pacer;
    expect(readyAt).toBeGreaterThan(0);
    expect(burst(pacer, readyAt - 1, 16_384)).toBe(0);
    expect(burst(pacer, readyAt, 16_384)).toBe(1);
  });

  it('is the lesser of both on average, too', () => {
    for (const [own, perSecond] of [
      [10, 50],
      [400, 11.2],
    ] as const) {
      const pacer = begun(own, { ...RATES, maxFramesPerSecond: perSecond });
      burst(pacer, 0);
      expect(burst(pacer, 1_000)).toBe(10);
    }
  });

  it('is one of joins and of signals', () => {
    const { joins, signals } = begun(undefined, RATES);
    const count = (bucket: typeof joins): number => {
      let taken = 0;
      for (; taken < 1_000 && bucket.hasAny(0); taken++) bucket.take(1);
      return taken;
    };
    expect([count(joins), count(signals)]).toEqual([115, 18]);
    expect([joins.readyAt, signals.readyAt]).toEqual([45, 112]);
  });
});
