import { type ClientStatus, type ConnectedStatus, OutcryError } from '@outcry/client';
import { CLOSE_CODES } from '@outcry/protocol';
import { describe, expect, it } from 'vitest';

import { ConnectionDiary } from './connection-diary.ts';

function connected(node: string, isLagging = false): ConnectedStatus {
  return { state: 'connected', user: 'ann', node, connection: '1', isLagging, isDraining: false };
}

function lost(closeCode?: number): ClientStatus {
  const error = new OutcryError('disconnected', 'the connection was lost', { closeCode });
  return { state: 'reconnecting', attempt: 1, retryAt: undefined, error };
}

function textsAfter(...statuses: readonly (readonly [ClientStatus, number])[]): readonly string[] {
  let now = 0;
  const diary = new ConnectionDiary(() => now);
  for (const [status, at] of statuses) {
    now = at;
    diary.record(status, 0);
  }
  return diary.notes.map(({ text }) => text);
}

describe('ConnectionDiary', () => {
  it('tells a loss once however many attempts it takes, and how long it lasted', () => {
    expect(textsAfter([connected('a'), 0], [lost(), 1_000], [lost(), 2_000], [connected('b'), 3_500])).toEqual([
      'Connected to b, after 2.5 s',
      'The connection was lost',
      'Connected to a',
    ]);
  });

  it('knows a gateway that shuts down from one that is lost', () => {
    const draining: ClientStatus = { ...connected('a'), isDraining: true };
    expect(textsAfter([connected('a'), 0], [draining, 1], [lost(CLOSE_CODES.restart.code), 2])).toEqual([
      'The gateway is shutting down: moving to another',
      'Connected to a',
    ]);
  });

  it('tells when a page lags, and when it has caught up', () => {
    expect(textsAfter([connected('a'), 0], [connected('a', true), 1], [connected('a'), 2])).toEqual([
      'Caught up',
      'This page reads too slowly: books stand still',
      'Connected to a',
    ]);
  });

  it('ends with why', () => {
    const error = new OutcryError('closed', 'the gateway closed the connection: revoked');
    expect(textsAfter([{ state: 'closed', error }, 0])).toEqual(['The gateway closed the connection: revoked']);
  });
});
