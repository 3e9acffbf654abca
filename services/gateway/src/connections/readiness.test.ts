import { type BrokerPart, PARTITION_COUNT, partitionOf } from '@outcry/broker';
import { ALL_ROOM } from '@outcry/protocol';
import { beforeEach, describe, expect, it } from 'vitest';

import { EVERYTHING } from '../testing/broker-parts.ts';
import { Readiness } from './readiness.ts';

/** So many partitions, with that of `@all` or without. */
function part(count: number, withAll: boolean): BrokerPart {
  const ofAll = partitionOf(ALL_ROOM);
  const others = EVERYTHING.partitions.filter((partition) => partition !== ofAll);
  return { shard: 'some', partitions: withAll ? [ofAll, ...others].slice(0, count) : others.slice(0, count) };
}

describe('Readiness', () => {
  let readiness: Readiness;

  beforeEach(() => {
    readiness = new Readiness();
    readiness.showStatus('up', EVERYTHING);
  });

  /** The checks that are not well, and why. */
  function failed(): Readonly<Record<string, string>> {
    return Object.fromEntries(
      readiness.checks.flatMap(({ name, part, reason }) =>
        reason === undefined ? [] : [[part === undefined ? name : `${name} ${part}`, reason]],
      ),
    );
  }

  it('is not there before the broker has said that it is', () => {
    expect(new Readiness().notReady).toBe('broker unavailable');
    expect(readiness.notReady).toBeUndefined();
  });

  it('says to operators what a start waits for, and to clients that the broker is not there', () => {
    const backplane: { awaits?: string | undefined } = { awaits: 'cannot reach Redis at redis://redis:6379' };
    const starting = new Readiness(backplane);
    const broker = (): string | undefined => starting.checks.find(({ name }) => name === 'broker')?.reason;
    expect(broker()).toBe('broker unavailable, the start waits: cannot reach Redis at redis://redis:6379');
    expect([starting.notReady, starting.shutFor]).toEqual(['broker unavailable', 'broker unavailable']);
    starting.showStatus('up', EVERYTHING);
    expect(broker()).toBeUndefined();
    backplane.awaits = undefined;
    starting.showStatus('down', EVERYTHING);
    expect(broker()).toBe('broker unavailable');
  });

  it('lasts while half of the partitions are up, says what is missing, and is back with them', () => {
    readiness.showStatus('down', part(PARTITION_COUNT / 2, false));
    expect(readiness.notReady).toBeUndefined();
    expect(failed()).toEqual({
      broker: 'the broker is unavailable for 50 % of rooms and books',
      'shard some': 'some is unavailable',
    });
    readiness.showStatus('down', part(PARTITION_COUNT / 2 + 1, false));
    expect(readiness.notReady).toBe('broker unavailable');
    readiness.showStatus('up', part(PARTITION_COUNT / 2 + 1, false));
    expect(readiness.notReady).toBeUndefined();
    expect(failed()).toEqual({});
  });

  it('ends as the node begins to go, and lets those in who are sent here all the same until it is shut', () => {
    readiness.drain();
    expect([readiness.notReady, readiness.shutFor]).toEqual(['draining', undefined]);
    readiness.showStatus('down', EVERYTHING);
    expect(readiness.shutFor).toBe('broker unavailable');
    readiness.showStatus('up', EVERYTHING);
    readiness.shut();
    expect([readiness.notReady, readiness.shutFor]).toEqual(['draining', 'draining']);
  });

  it('ends with a transport that writes nothing, and lets those in who show whether it does', () => {
    let fault: string | undefined = 'the transport has written nothing for 60 s, to any client';
    readiness.watchTransport(() => fault);
    expect(readiness.notReady).toBe(fault);
    expect(failed()).toEqual({ transport: fault });
    expect(readiness.shutFor).toBeUndefined();
    fault = undefined;
    expect(readiness.notReady).toBeUndefined();
    expect(failed()).toEqual({});
  });

  it('ends with the part in which everybody is', () => {
    readiness.showStatus('down', part(1, true));
    expect(readiness.notReady).toBe('broker unavailable');
  });

  it('is explained by its checks: the first that blocks is why the node is not ready', () => {
    const blocking = (): string | undefined =>
      readiness.checks.find(({ reason, isBlocking }) => reason !== undefined && isBlocking === true)?.reason;
    const steps: readonly (() => void)[] = [
      () => undefined,
      () => {
        readiness.showKeys(0);
      },
      () => {
        readiness.showStatus('down', EVERYTHING);
      },
      () => {
        readiness.drain();
      },
    ];
    const reasons = steps.map((step) => {
      step();
      expect(blocking()).toBe(readiness.notReady);
      return readiness.notReady;
    });
    expect(reasons).toEqual([undefined, 'no keys of the identity provider yet', 'broker unavailable', 'draining']);
  });
});
