import { beforeEach, describe, expect, it } from 'vitest';

import { Heartbeat } from './heartbeat.ts';

const SILENCE_MS = 15_000;
let heartbeat: Heartbeat;

beforeEach(() => {
  heartbeat = new Heartbeat(5_000);
  heartbeat.begin(0);
});

describe('whether the gateway is there', () => {
  it('is asked after silence, and doubted where nothing comes', () => {
    expect([heartbeat.nextPingAt(SILENCE_MS), heartbeat.lostAt]).toEqual([15_000, Infinity]);
    heartbeat.heard(4_000);
    expect(heartbeat.nextPingAt(SILENCE_MS)).toBe(19_000);
    heartbeat.pinged(19_000);
    expect([heartbeat.nextPingAt(SILENCE_MS), heartbeat.lostAt]).toEqual([Infinity, 24_000]);
    heartbeat.heard(20_500);
    expect([heartbeat.nextPingAt(SILENCE_MS), heartbeat.lostAt]).toEqual([35_500, Infinity]);
  });

  it('is not shown by what was on its way before the question, but by the answer at any time', () => {
    heartbeat.pinged(100);
    heartbeat.heard(1_099);
    expect(heartbeat.lostAt).toBe(5_100);
    heartbeat.heard(1_099);
    heartbeat.ponged(1_099);
    expect(heartbeat.lostAt).toBe(Infinity);
  });

  it('is not shown by the answer to an earlier question', () => {
    heartbeat.pinged(0);
    heartbeat.heard(2_000);
    heartbeat.pinged(2_500);
    heartbeat.ponged(2_600);
    expect(heartbeat.lostAt).toBe(7_500);
  });

  it('may be asked at any time, but once a second, and not while an answer is awaited', () => {
    heartbeat.heard(10);
    expect(heartbeat.mayPing(10)).toBe(true);
    heartbeat.pinged(10);
    heartbeat.ponged(20);
    expect([heartbeat.mayPing(1_009), heartbeat.mayPing(1_010)]).toEqual([false, true]);
    heartbeat.pinged(1_010);
    expect(heartbeat.mayPing(2_500)).toBe(false);
  });
});

describe('a connection is late', () => {
  it('where an answer was, and where one is awaited while other things come', () => {
    heartbeat.pinged(0);
    heartbeat.ponged(2_999);
    expect(heartbeat.isLate).toBe(false);
    heartbeat.pinged(10_000);
    heartbeat.heard(12_999);
    expect(heartbeat.isLate).toBe(false);
    heartbeat.heard(13_000);
    expect(heartbeat.isLate).toBe(true);
    heartbeat.ponged(14_000);
    expect([heartbeat.isLate, heartbeat.nextPingAt(SILENCE_MS)]).toEqual([true, 13_000]);
    heartbeat.pinged(14_000);
    heartbeat.ponged(14_100);
    expect([heartbeat.isLate, heartbeat.verdict]).toEqual([false, false]);
  });

  it('by suspicion, until an answer comes in time; then only answers tell, until nobody suspects it any more', () => {
    heartbeat.heard(20_000);
    heartbeat.suspect(20_000);
    expect([heartbeat.verdict, heartbeat.nextPingAt(SILENCE_MS)]).toEqual([true, -Infinity]);
    heartbeat.pinged(20_000);
    heartbeat.ponged(20_050);
    expect(heartbeat.verdict).toBe(false);
    heartbeat.suspect(20_100);
    expect([heartbeat.isLate, heartbeat.verdict, heartbeat.nextPingAt(SILENCE_MS)]).toEqual([false, undefined, 23_000]);
    heartbeat.pinged(23_000);
    heartbeat.ponged(26_500);
    expect(heartbeat.verdict).toBe(true);
    heartbeat.pinged(26_500);
    heartbeat.ponged(26_600);
    heartbeat.suspect(36_600);
    expect(heartbeat.isLate).toBe(true);
  });

  it('no longer than the connection lasts', () => {
    heartbeat.suspect(0);
    heartbeat.pinged(0);
    heartbeat.begin(100);
    heartbeat.heard(9_000);
    expect([heartbeat.verdict, heartbeat.lostAt, heartbeat.nextPingAt(SILENCE_MS)]).toEqual([false, Infinity, 24_000]);
  });
});
