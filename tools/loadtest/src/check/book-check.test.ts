import { describe, expect, it } from 'vitest';

import { BookCheck } from './book-check.ts';
import { NO_FAULTS } from './faults.ts';

/** A watcher that got a snapshot at 10. */
function watching(): BookCheck {
  const check = new BookCheck();
  check.snapshot({ epoch: 'e1', seq: 10 });
  return check;
}

describe('BookCheck', () => {
  it('finds nothing in deltas that each build on the last, with numbers skipped, and heartbeats that agree', () => {
    const check = watching();
    check.delta({ prev: 10, seq: 12 });
    check.heartbeat(12);
    check.delta({ prev: 12, seq: 13 });
    expect(check.faults).toEqual(NO_FAULTS);
  });

  it('counts a hole between deltas as lost', () => {
    const check = watching();
    check.delta({ prev: 11, seq: 12 });
    expect(check.faults).toEqual({ ...NO_FAULTS, lost: 1 });
  });

  it('counts a delta that builds on an older frame than the last as lost', () => {
    const check = watching();
    check.delta({ prev: 9, seq: 12 });
    expect(check.faults).toEqual({ ...NO_FAULTS, lost: 1 });
  });

  it('counts a frame that only a heartbeat tells of as lost', () => {
    const check = watching();
    check.heartbeat(11);
    expect(check.faults).toEqual({ ...NO_FAULTS, lost: 1 });
  });

  it('counts what comes twice as repeated', () => {
    const check = watching();
    check.delta({ prev: 10, seq: 11 });
    check.delta({ prev: 10, seq: 11 });
    expect(check.faults).toEqual({ ...NO_FAULTS, repeated: 1 });
  });

  it('counts what comes late as inverted, not as lost', () => {
    const check = watching();
    check.delta({ prev: 11, seq: 12 });
    check.delta({ prev: 10, seq: 11 });
    check.delta({ prev: 12, seq: 13 });
    expect(check.faults).toEqual({ ...NO_FAULTS, inverted: 1 });
  });

  it('counts a delta without a snapshot, and a snapshot older than what the watcher holds, as inverted', () => {
    const early = new BookCheck();
    early.delta({ prev: 1, seq: 2 });
    expect(early.faults).toEqual({ ...NO_FAULTS, inverted: 1 });

    const late = watching();
    late.snapshot({ epoch: 'e1', seq: 9 });
    expect(late.faults).toEqual({ ...NO_FAULTS, inverted: 1 });
  });

  it('starts anew from any later snapshot, and from one of another epoch', () => {
    const check = watching();
    check.snapshot({ epoch: 'e1', seq: 20 });
    check.delta({ prev: 20, seq: 21 });
    check.snapshot({ epoch: 'e2', seq: 1 });
    check.delta({ prev: 1, seq: 2 });
    expect(check.faults).toEqual(NO_FAULTS);
  });

  it('does not forget a hole before a snapshot', () => {
    const check = watching();
    check.delta({ prev: 11, seq: 12 });
    check.snapshot({ epoch: 'e1', seq: 20 });
    expect(check.faults).toEqual({ ...NO_FAULTS, lost: 1 });
  });
});
