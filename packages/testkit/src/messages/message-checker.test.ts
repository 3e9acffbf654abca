import { describe, expect, it } from 'vitest';

import { checkMessages, type MessageFaults, NO_FAULTS } from './message-checker.ts';
import { type MemberLog, MessageHistory, type PublishOutcome } from './message-history.ts';
import { payloadHash } from './payload-hash.ts';

const EPOCH = 'epoch--1';
const NEXT_EPOCH = 'epoch--2';
const ROOM = 'pit';
const HEAD = 10;

/** The hash of the message that was published as this one. */
const hashOf = (n: number): number => payloadHash({ n });

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, i) => from + i);
}

interface Case {
  /** Which of the first ten messages were acknowledged; the outcome of the others is unknown. */
  readonly acknowledged?: readonly number[];
  /** What the second of two members is told behind `joined` at 0; the first is told everything. */
  readonly tell: (log: MemberLog) => void;
}

/** Ten messages, one member that has them all and one that has what the case says. */
function historyOf({ acknowledged = range(1, HEAD), tell }: Case): MessageHistory {
  const history = new MessageHistory();
  for (const n of range(1, HEAD)) {
    const outcome: PublishOutcome = acknowledged.includes(n)
      ? { kind: 'ok', epoch: EPOCH, seq: n }
      : { kind: 'unknown' };
    history.published({ publisher: 'pub', room: ROOM, key: String(n), hash: hashOf(n), outcome });
  }
  const whole = history.openLog({ client: 'ann', room: ROOM });
  whole.joined({ node: 'a', epoch: EPOCH, seq: 0, recovered: false });
  deliver(whole, range(1, HEAD));
  const told = history.openLog({ client: 'bob', room: ROOM });
  told.joined({ node: 'b', epoch: EPOCH, seq: 0, recovered: false });
  tell(told);
  return history;
}

function deliver(log: MemberLog, numbers: readonly number[]): void {
  for (const n of numbers) log.message(n, hashOf(n));
}

function faultsOf(history: MessageHistory): MessageFaults {
  const { lost, duplicated, outOfOrder, mismatched, holes, phantoms, unseen } = checkMessages(history);
  return { lost, duplicated, outOfOrder, mismatched, holes, phantoms, unseen };
}

describe('checkMessages', () => {
  it('finds nothing in a run where everybody got everything', () => {
    const verdict = checkMessages(
      historyOf({
        tell: (log) => {
          deliver(log, range(1, HEAD));
        },
      }),
    );
    expect(verdict).toMatchObject({ ...NO_FAULTS, deliveries: 20, acknowledged: 10, resets: 0, examples: [] });
    expect(verdict.deliveriesByNode).toEqual({ a: 10, b: 10 });
  });

  it.each<[string, Partial<MessageFaults>, Case]>([
    [
      'a loss in the midst',
      { lost: 1 },
      {
        tell: (log) => {
          deliver(log, [1, 2, 3, 5, 6, 7, 8, 9, 10]);
        },
      },
    ],
    [
      'a loss at the end',
      { lost: 1 },
      {
        tell: (log) => {
          deliver(log, range(1, 9));
        },
      },
    ],
    ['a member that got nothing', { lost: 10 }, { tell: () => undefined }],
    [
      'a repeat',
      { duplicated: 1 },
      {
        tell: (log) => {
          deliver(log, [1, 2, 3, 3, 4, 5, 6, 7, 8, 9, 10]);
        },
      },
    ],
    [
      'a late repeat',
      { duplicated: 1 },
      {
        tell: (log) => {
          deliver(log, [...range(1, 10), 2]);
        },
      },
    ],
    [
      'an inversion',
      { outOfOrder: 1 },
      {
        tell: (log) => {
          deliver(log, [1, 2, 4, 3, 5, 6, 7, 8, 9, 10]);
        },
      },
    ],
    [
      'a disagreement',
      { mismatched: 1 },
      {
        tell: (log) => {
          deliver(log, range(1, 4));
          log.message(5, hashOf(6));
          deliver(log, range(6, 10));
        },
      },
    ],
    [
      'a hole of a message whose outcome is unknown',
      { holes: 1 },
      {
        acknowledged: [1, 2, 3, 5, 6, 7, 8, 9, 10],
        tell: (log) => {
          deliver(log, [1, 2, 3, 5, 6, 7, 8, 9, 10]);
        },
      },
    ],
    [
      'a resume from another position than the own',
      { holes: 1 },
      {
        tell: (log) => {
          deliver(log, range(1, 4));
          log.joined({ node: 'c', epoch: EPOCH, seq: 6, recovered: true });
          deliver(log, range(7, 10));
        },
      },
    ],
    [
      'a phantom',
      { phantoms: 1 },
      {
        tell: (log) => {
          deliver(log, range(1, 10));
          log.message(11, payloadHash('nobody'));
        },
      },
    ],
    [
      'a message that stands at two positions',
      { duplicated: 1 },
      {
        tell: (log) => {
          deliver(log, range(1, 10));
          log.message(11, hashOf(10));
        },
      },
    ],
  ])('reports %s as exactly that', (_, faults, run) => {
    const history = historyOf(run);
    expect(faultsOf(history)).toEqual({ ...NO_FAULTS, ...faults });
    expect(checkMessages(history).examples[0]).toContain('bob in pit');
  });

  it('reports a member that nobody told of the new numbering', () => {
    const history = historyOf({
      tell: (log) => {
        deliver(log, range(1, 10));
      },
    });
    const outcome = { kind: 'ok', epoch: NEXT_EPOCH, seq: 1 } as const;
    history.published({ publisher: 'pub', room: ROOM, key: '11', hash: hashOf(11), outcome });
    expect(faultsOf(history)).toEqual({ ...NO_FAULTS, holes: 2, unseen: 1 });
  });

  it('reports an acknowledged message that nobody could have got', () => {
    const history = historyOf({
      tell: (log) => {
        deliver(log, range(1, 10));
      },
    });
    const outcome = { kind: 'ok', epoch: 'epoch--0', seq: 1 } as const;
    history.published({ publisher: 'pub', room: 'den', key: '1', hash: hashOf(1), outcome });
    expect(faultsOf(history)).toEqual({ ...NO_FAULTS, unseen: 1 });
  });

  it('finds nothing in a message that all have got under the next epoch, in its place', () => {
    const history = historyOf({
      tell: (log) => {
        deliver(log, range(1, 10));
      },
    });
    for (const log of history.logs) {
      log.reset({ epoch: NEXT_EPOCH, seq: 10, recovered: true });
      deliver(log, [11, 12]);
    }
    const publish = { publisher: 'pub', room: ROOM };
    history.published({ ...publish, key: '11', hash: hashOf(11), outcome: { kind: 'ok', epoch: EPOCH, seq: 11 } });
    history.published({ ...publish, key: '12', hash: hashOf(12), outcome: { kind: 'ok', epoch: NEXT_EPOCH, seq: 12 } });
    expect(faultsOf(history)).toEqual(NO_FAULTS);
    // In another place it is another matter.
    history.published({ ...publish, key: '13', hash: hashOf(11), outcome: { kind: 'ok', epoch: EPOCH, seq: 13 } });
    expect(faultsOf(history)).toMatchObject({ unseen: 1 });
  });

  it('reports a message whose publish was refused as a phantom', () => {
    const history = historyOf({
      tell: (log) => {
        deliver(log, range(1, 11));
      },
    });
    history.published({ publisher: 'pub', room: ROOM, key: '11', hash: hashOf(11), outcome: { kind: 'failed' } });
    expect(faultsOf(history)).toEqual({ ...NO_FAULTS, phantoms: 1 });
  });

  it('reports two acknowledgements of one position, and one message at two', () => {
    const history = historyOf({
      tell: (log) => {
        deliver(log, range(1, 10));
      },
    });
    const publish = { publisher: 'pub', room: ROOM, key: 'k' };
    history.published({ ...publish, hash: hashOf(99), outcome: { kind: 'ok', epoch: EPOCH, seq: 3 } });
    expect(faultsOf(history)).toEqual({ ...NO_FAULTS, mismatched: 1 });
    history.published({ ...publish, hash: hashOf(3), outcome: { kind: 'ok', epoch: EPOCH, seq: 9 } });
    expect(faultsOf(history)).toEqual({ ...NO_FAULTS, mismatched: 2 });
  });

  it('takes what was announced for no fault: a resume, a fresh start, a reset, a leave', () => {
    const history = historyOf({
      tell: (log) => {
        deliver(log, range(1, 2));
        log.joined({ node: 'c', epoch: EPOCH, seq: 2, recovered: true });
        deliver(log, [3]);
        log.stale();
        log.fresh();
        log.joined({ node: 'c', epoch: EPOCH, seq: 1, recovered: false });
        deliver(log, range(2, 5));
        log.reset({ epoch: EPOCH, seq: 7 });
        deliver(log, [8]);
        log.left();
      },
    });
    expect(checkMessages(history)).toMatchObject({ ...NO_FAULTS, recovered: 1, startedAfresh: 1, resets: 1 });
  });

  it('goes on under another epoch where that is said of the position that is held, by a reset or a resume', () => {
    const renumbered = (seq: number): MessageHistory =>
      historyOf({
        tell: (log) => {
          deliver(log, range(1, 2));
          log.reset({ epoch: 'e2', seq, recovered: true });
          deliver(log, [seq + 1]);
          log.joined({ node: 'c', epoch: 'e3', seq: seq + 1, recovered: true });
          log.left();
        },
      });
    const verdict = checkMessages(renumbered(2));
    expect(verdict).toMatchObject({ ...NO_FAULTS, recovered: 1, resets: 0, examples: [] });
    expect(faultsOf(renumbered(3))).toEqual({ ...NO_FAULTS, holes: 1 });
  });

  it('takes a delivered message of unknown outcome for one of the room', () => {
    const history = historyOf({
      acknowledged: range(1, 9),
      tell: (log) => {
        deliver(log, range(1, 10));
      },
    });
    expect(faultsOf(history)).toEqual(NO_FAULTS);
  });

  it('judges a million deliveries', () => {
    const history = new MessageHistory();
    const hashes = Float64Array.from({ length: 10_000 }, (_, i) => hashOf(i + 1));
    hashes.forEach((hash, i) => {
      const outcome = { kind: 'ok', epoch: EPOCH, seq: i + 1 } as const;
      history.published({ publisher: 'pub', room: ROOM, key: String(i), hash, outcome });
    });
    for (let client = 0; client < 100; client++) {
      const log = history.openLog({ client: String(client), room: ROOM });
      log.joined({ node: 'abc'.charAt(client % 3), epoch: EPOCH, seq: 0, recovered: false });
      hashes.forEach((hash, i) => {
        log.message(i + 1, hash);
      });
    }
    expect(checkMessages(history)).toMatchObject({ ...NO_FAULTS, deliveries: 1_000_000 });
  });
});
