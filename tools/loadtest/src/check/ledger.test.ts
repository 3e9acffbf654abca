import { describe, expect, it } from 'vitest';

import type { Claim, RoomClaims } from './claims.ts';
import { type Faults, NO_FAULTS } from './faults.ts';
import { Ledger } from './ledger.ts';

const KEY = 'pit e1';

function delivered(...claims: readonly Claim[]): RoomClaims {
  return { key: KEY, delivered: claims, acknowledged: [] };
}

function acknowledged(...claims: readonly Claim[]): RoomClaims {
  return { key: KEY, delivered: [], acknowledged: claims };
}

/** What is found in what workers say, one after the other. */
function faultsOf(...claims: readonly RoomClaims[]): Faults {
  const ledger = new Ledger();
  for (const one of claims) ledger.take([one]);
  return ledger.faults(new Set());
}

describe('Ledger', () => {
  it('finds nothing where all agree, whoever is heard first', () => {
    const [sent, told] = [delivered([1, 10], [2, 20]), acknowledged([1, 10], [2, 20])];
    expect(faultsOf(sent, told, sent)).toEqual(NO_FAULTS);
    expect(faultsOf(told, sent, sent)).toEqual(NO_FAULTS);
  });

  it('counts a message under a second number as doubled', () => {
    expect(faultsOf(delivered([1, 10], [2, 10]))).toEqual({ ...NO_FAULTS, doubled: 1 });
  });

  it('counts two messages under one number as conflicting', () => {
    expect(faultsOf(delivered([1, 10]), delivered([1, 20]))).toEqual({ ...NO_FAULTS, conflicting: 1 });
  });

  it('counts an acknowledgement that names another number than came as conflicting, whichever is heard first', () => {
    expect(faultsOf(delivered([1, 10]), acknowledged([2, 10]))).toEqual({ ...NO_FAULTS, conflicting: 1 });
    expect(faultsOf(acknowledged([2, 10]), delivered([1, 10]))).toEqual({ ...NO_FAULTS, conflicting: 1 });
  });

  it('counts what was acknowledged and came to nobody as undelivered, in whichever epoch', () => {
    expect(faultsOf(delivered([1, 10]), acknowledged([1, 10], [2, 20]))).toEqual({ ...NO_FAULTS, undelivered: 1 });
    const elsewhere = { ...acknowledged([1, 10]), key: 'pit e2' };
    expect(faultsOf(delivered([1, 10]), elsewhere)).toEqual({ ...NO_FAULTS, undelivered: 1 });
  });

  it('does not count what is missing where a gap was announced, nor the same message in two epochs', () => {
    const ledger = new Ledger();
    ledger.take([acknowledged([1, 10]), { ...delivered([1, 20]), key: 'pit e2' }, delivered([5, 20])]);
    expect(ledger.faults(new Set([KEY]))).toEqual(NO_FAULTS);
  });

  it('compares as many messages as it may hold, and says how many are too long ago', () => {
    const ledger = new Ledger(10);
    for (let seq = 1; seq <= 100; seq++) ledger.take([delivered([seq, seq])]);
    expect(ledger.forgotten).toBeGreaterThanOrEqual(90);
    ledger.take([delivered([101, 100])]);
    expect(ledger.faults(new Set()).doubled).toBe(1);
  });

  it('waits for as many as it may hold, and counts each before them as undelivered', () => {
    const ledger = new Ledger(10);
    for (let seq = 1; seq <= 100; seq++) ledger.take([acknowledged([seq, seq])]);
    expect(ledger.faults(new Set()).undelivered).toBe(100);
  });
});
