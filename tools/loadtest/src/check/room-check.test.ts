import { describe, expect, it } from 'vitest';

import { NO_FAULTS } from './faults.ts';
import { RoomCheck } from './room-check.ts';

const EPOCH = 'e1';

/** A member that joined behind message 10 and was sent these. */
function sent(...seqs: readonly number[]): RoomCheck {
  const check = new RoomCheck();
  check.joined({ epoch: EPOCH, seq: 10, recovered: false }, false);
  for (const seq of seqs) check.message(seq);
  return check;
}

describe('RoomCheck', () => {
  it('finds nothing in what comes in order, up to the acknowledged head', () => {
    const check = sent(11, 12, 13);
    expect(check.faults({ epoch: EPOCH, seq: 13 })).toEqual(NO_FAULTS);
    expect(check.hasReached({ epoch: EPOCH, seq: 13 })).toBe(true);
  });

  it('counts numbers that never come as lost', () => {
    expect(sent(11, 14).faults()).toEqual({ ...NO_FAULTS, lost: 2 });
  });

  it('counts what was acknowledged and did not come at the end as lost', () => {
    const head = { epoch: EPOCH, seq: 14 };
    const check = sent(11, 12);
    expect(check.hasReached(head)).toBe(false);
    expect(check.faults(head)).toEqual({ ...NO_FAULTS, lost: 2 });
  });

  it('counts what comes twice as repeated', () => {
    expect(sent(11, 12, 12, 11).faults()).toEqual({ ...NO_FAULTS, repeated: 2 });
  });

  it('counts what comes late as inverted, not as lost', () => {
    expect(sent(12, 11, 13).faults()).toEqual({ ...NO_FAULTS, inverted: 1 });
  });

  it('counts what comes late and then again as both', () => {
    expect(sent(11, 14, 12, 13, 12).faults()).toEqual({ ...NO_FAULTS, inverted: 2, repeated: 1 });
  });

  it('counts a message before any joined as inverted', () => {
    const check = new RoomCheck();
    check.message(1);
    expect(check.faults()).toEqual({ ...NO_FAULTS, inverted: 1 });
  });

  it('goes on after a resume that recovered', () => {
    const check = sent(11, 12);
    check.joined({ epoch: EPOCH, seq: 12, recovered: true }, true);
    check.message(13);
    expect(check.faults()).toEqual(NO_FAULTS);
  });

  it('counts what a resume repeats or leaves out', () => {
    const repeating = sent(11, 12);
    repeating.joined({ epoch: EPOCH, seq: 11, recovered: true }, true);
    repeating.message(12);
    expect(repeating.faults()).toEqual({ ...NO_FAULTS, repeated: 1 });

    const skipping = sent(11, 12);
    skipping.joined({ epoch: EPOCH, seq: 14, recovered: true }, true);
    skipping.message(15);
    expect(skipping.faults()).toEqual({ ...NO_FAULTS, lost: 2 });
  });

  it('counts a reset, and a resume that did not recover, as announced gaps, and begins anew behind them', () => {
    const check = sent(11);
    check.reset({ epoch: EPOCH, seq: 20 });
    check.message(21);
    check.joined({ epoch: 'e2', seq: 3, recovered: false }, true);
    check.message(4);
    expect(check.faults({ epoch: 'e2', seq: 4 })).toEqual({ ...NO_FAULTS, gaps: 2 });
  });

  it('goes on under another epoch where a reset is recovered, and misses what lies before its place', () => {
    const check = sent(11);
    check.reset({ epoch: 'e2', seq: 11, recovered: true });
    check.message(12);
    expect(check.faults({ epoch: 'e2', seq: 12 })).toEqual(NO_FAULTS);
    check.reset({ epoch: 'e3', seq: 14, recovered: true });
    expect(check.faults()).toEqual({ ...NO_FAULTS, lost: 2 });
  });

  it('does not forget a hole before a reset', () => {
    const check = sent(11, 13);
    check.reset({ epoch: EPOCH, seq: 20 });
    expect(check.faults()).toEqual({ ...NO_FAULTS, lost: 1, gaps: 1 });
  });

  it('counts every number of more holes than it remembers', () => {
    const odd = Array.from({ length: 1500 }, (_, i) => 12 + 2 * i);
    expect(sent(...odd).faults()).toEqual({ ...NO_FAULTS, lost: 1500 });
  });

  it('does not hold a head of another epoch against a member', () => {
    expect(sent(11).faults({ epoch: 'e2', seq: 99 })).toEqual(NO_FAULTS);
  });
});
