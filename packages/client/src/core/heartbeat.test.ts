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
    expect([heartbeat.askAt(SILENCE_MS), heartbeat.lostAt]).toEqual([15_000, Infinity]);
    heartbeat.heard(4_000);
    expect(heartbeat.askAt(SILENCE_MS)).toBe(19_000);
    heartbeat.asked(19_000);
    expect([heartbeat.askAt(SILENCE_MS), heartbeat.lostAt]).toEqual([Infinity, 24_000]);
    heartbeat.heard(20_500);
    expect([heartbeat.askAt(SILENCE_MS), heartbeat.lostAt]).toEqual([35_500, Infinity]);
  });

  it('is not shown by what was on its way before the question, but by the answer at any time', () => {
    heartbeat.asked(100);
    heartbeat.heard(1_099);
    expect(heartbeat.lostAt).toBe(5_100);
    heartbeat.ponged(1_099);
    expect(heartbeat.lostAt).toBe(Infinity);
  });

  it('is not shown by the answer to an earlier question', () => {
    heartbeat.asked(0);
    heartbeat.heard(2_000);
    heartbeat.asked(2_500);
    heartbeat.ponged(2_600);
    expect(heartbeat.lostAt).toBe(7_500);
  });

  it('is asked when somebody doubts it, whatever was heard, once a second', () => {
    heartbeat.heard(10);
    heartbeat.doubt(10);
    expect(heartbeat.askAt(SILENCE_MS)).toBe(10);
    heartbeat.asked(10);
    heartbeat.ponged(20);
    expect(heartbeat.askAt(SILENCE_MS)).toBe(15_000 + 10);
    heartbeat.doubt(500);
    heartbeat.heard(600);
    expect(heartbeat.askAt(SILENCE_MS)).toBe(1_010);
    heartbeat.asked(1_010);
    heartbeat.doubt(1_500);
    expect([heartbeat.askAt(SILENCE_MS), heartbeat.lostAt]).toEqual([Infinity, 6_020]);
  });

  it('is asked also right behind a ping that only measures', () => {
    heartbeat.suspect(100);
    heartbeat.pinged(100);
    expect(heartbeat.lostAt).toBe(Infinity);
    heartbeat.doubt(200);
    expect(heartbeat.askAt(SILENCE_MS)).toBe(1_100);
    heartbeat.asked(1_100);
    expect(heartbeat.lostAt).toBe(6_100);
  });

  it('is not doubted by an alarm that was held up before what has arrived is read', () => {
    heartbeat.asked(0);
    expect([heartbeat.isLost(4_999), heartbeat.isLost(5_000), heartbeat.isLost(5_999)]).toEqual([false, true, true]);
    expect([heartbeat.isLost(6_000), heartbeat.lostAt]).toEqual([false, 6_250]);
    expect(heartbeat.isLost(6_250)).toBe(true);
    heartbeat.heard(6_250);
    expect(heartbeat.isLost(6_250)).toBe(false);
  });

  it('is given the time that answers take where everything is late', () => {
    heartbeat.pinged(0);
    heartbeat.heard(14_000);
    heartbeat.ponged(14_000);
    heartbeat.doubt(14_000);
    heartbeat.asked(14_000);
    expect(heartbeat.lostAt).toBe(14_000 + 5_000 + 14_000);
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
    expect([heartbeat.isLate, heartbeat.measureAt]).toEqual([true, Infinity]);
    heartbeat.ponged(14_000);
    expect([heartbeat.isLate, heartbeat.measureAt]).toEqual([true, 13_000]);
    heartbeat.pinged(14_000);
    heartbeat.ponged(14_100);
    expect([heartbeat.isLate, heartbeat.verdict]).toEqual([false, false]);
  });

  it('by suspicion, until an answer comes in time; then only answers tell, until nobody suspects it any more', () => {
    heartbeat.suspect(20_000);
    expect([heartbeat.verdict, heartbeat.measureAt]).toEqual([true, -Infinity]);
    heartbeat.pinged(20_000);
    heartbeat.ponged(20_050);
    expect(heartbeat.verdict).toBe(false);
    heartbeat.suspect(20_100);
    expect([heartbeat.isLate, heartbeat.verdict, heartbeat.measureAt]).toEqual([false, undefined, 23_000]);
    heartbeat.pinged(23_000);
    heartbeat.ponged(26_500);
    expect(heartbeat.verdict).toBe(true);
    heartbeat.pinged(26_500);
    heartbeat.ponged(26_600);
    heartbeat.suspect(36_600);
    expect(heartbeat.isLate).toBe(true);
  });

  it('by suspicion still where an answer comes to what was asked before', () => {
    heartbeat.pinged(0);
    heartbeat.suspect(100);
    heartbeat.ponged(200);
    expect([heartbeat.verdict, heartbeat.measureAt]).toEqual([undefined, 3_000]);
  });

  it('whatever the one before it was', () => {
    heartbeat.suspect(0);
    heartbeat.pinged(0);
    heartbeat.ponged(2_000);
    heartbeat.begin(2_100);
    heartbeat.suspect(5_000);
    expect(heartbeat.verdict).toBe(true);
    heartbeat.asked(5_000);
    expect(heartbeat.lostAt).toBe(10_000);
    heartbeat.begin(5_100);
    heartbeat.doubt(5_200);
    expect(heartbeat.askAt(SILENCE_MS)).toBe(5_200);
  });

  it('no longer than it lasts', () => {
    heartbeat.suspect(0);
    heartbeat.doubt(0);
    heartbeat.pinged(0);
    heartbeat.begin(100);
    heartbeat.heard(9_000);
    const { verdict, lostAt, measureAt } = heartbeat;
    expect([verdict, lostAt, measureAt, heartbeat.askAt(SILENCE_MS)]).toEqual([false, Infinity, Infinity, 24_000]);
  });
});
