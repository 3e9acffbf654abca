import { type ClientStatus, type ConnectedStatus, OutcryError } from '@outcry/client';
import { CLOSE_CODES } from '@outcry/protocol';
import { describe, expect, it } from 'vitest';

import { summarize } from './connection-summary.ts';

const CONNECTED: ConnectedStatus = {
  state: 'connected',
  user: 'ann',
  node: 'gw-1',
  connection: '1',
  isLagging: false,
  isDraining: false,
};
const NOW = 1_000_000;

function words(status: ClientStatus, { isLoggedOut = false, stale = {} } = {}): string {
  const { state, text, detail } = summarize(status, { now: NOW, isLoggedOut, stale });
  return `${state}: ${text} / ${detail}`;
}

function lost(retryAt: number | undefined, closeCode?: number): ClientStatus {
  const error = new OutcryError('disconnected', 'the connection was lost', { closeCode });
  return { state: 'reconnecting', attempt: 1, retryAt, error };
}

describe('summarize', () => {
  it('does not call live what may be old', () => {
    expect(words(CONNECTED)).toBe('live: Connected / to gw-1');
    expect(words(CONNECTED, { stale: { book: 'BTCUSDT' } })).toBe('stale: Stale book / BTCUSDT');
    expect(words(CONNECTED, { stale: { room: '#pit' } })).toBe('stale: Stale room / #pit');
    expect(words(CONNECTED, { stale: { room: '#pit', book: 'BTCUSDT' } })).toBe(
      'stale: Stale room and book / #pit, BTCUSDT',
    );
    expect(words({ ...CONNECTED, isLagging: true })).toBe('lagging: Lagging / what comes is seconds old');
  });

  it('counts down by the clock that the time of the next attempt is told by', () => {
    expect(words(lost(NOW + 1_200))).toBe('reconnecting: Reconnecting / in 2 s');
    expect(words(lost(NOW - 50))).toBe('reconnecting: Reconnecting / in 0 s');
    expect(words(lost(undefined))).toBe('reconnecting: Reconnecting / now…');
  });

  it('tells moving from losing, and a login that has ended from both', () => {
    const moving = 'reconnecting: Moving to another server';
    expect(words({ ...CONNECTED, isDraining: true })).toBe(`${moving} / gw-1 shuts down`);
    expect(words(lost(NOW, CLOSE_CODES.restart.code))).toBe(`${moving} / in 0 s`);
    expect(words(lost(NOW + 9_000), { isLoggedOut: true })).toBe('reconnecting: Login has ended / ');
  });

  it('ends with why, in words for people', () => {
    const message = 'the gateway closed the connection: revoked';
    const revoked = new OutcryError('closed', message, { closeCode: CLOSE_CODES.revoked.code });
    expect(words({ state: 'closed', error: revoked })).toBe('closed: Disconnected / this login is good no longer');
    expect(words({ state: 'closed', error: new OutcryError('closed', 'nobody knows') })).toBe(
      'closed: Disconnected / nobody knows',
    );
    expect(words({ state: 'closed', error: undefined })).toBe('closed: Disconnected / ');
  });
});
