import type { ClientStatus, OutcryError } from '@outcry/client';
import { CLOSE_CODES } from '@outcry/protocol';

import { isRestart } from './connection-diary.ts';

export type SummaryState = 'live' | 'stale' | 'lagging' | 'connecting' | 'reconnecting' | 'closed';

/** The connection in a few words: `text` is read out when it changes; `detail`, which may count, is not. */
export interface ConnectionSummary {
  readonly state: SummaryState;
  readonly text: string;
  readonly detail: string;
}

export interface SummaryContext {
  /** By `client.now()`. */
  readonly now: number;
  /** Nothing but the password brings the connection back. */
  readonly isLoggedOut: boolean;
  readonly stale: StaleParts;
}

/** What is shown and may be old, though there is a connection, by name. */
export interface StaleParts {
  readonly room?: string | undefined;
  readonly book?: string | undefined;
}

const MOVING = 'Moving to another server';

/** For people who have never seen a close code. */
const ENDS: ReadonlyMap<number, string> = new Map([
  [CLOSE_CODES.disconnected.code, 'the server ended this session'],
  [CLOSE_CODES.revoked.code, 'this login is good no longer'],
  [CLOSE_CODES.unauthenticated.code, 'the server does not take this name or login'],
  [CLOSE_CODES.quotaExceeded.code, 'as many pages as may are open already'],
]);

/** Says of the whole page no more than holds for each part of it. */
export function summarize(status: ClientStatus, { now, isLoggedOut, stale }: SummaryContext): ConnectionSummary {
  switch (status.state) {
    case 'connecting':
      return { state: 'connecting', text: 'Connecting…', detail: '' };
    case 'connected':
      return summarizeConnected(status, stale);
    case 'reconnecting': {
      if (isLoggedOut) return { state: 'reconnecting', text: 'Login has ended', detail: '' };
      const text = isRestart(status) ? MOVING : 'Reconnecting';
      return { state: 'reconnecting', text, detail: waitText(status.retryAt, now) };
    }
    case 'closed':
      return { state: 'closed', text: 'Disconnected', detail: endText(status.error) };
  }
}

function summarizeConnected(
  { node, isDraining, isLagging }: Extract<ClientStatus, { state: 'connected' }>,
  stale: StaleParts,
): ConnectionSummary {
  if (isDraining) return { state: 'reconnecting', text: MOVING, detail: `${node} shuts down` };
  if (isLagging) return { state: 'lagging', text: 'Lagging', detail: 'what comes is seconds old' };
  const parts = Object.entries(stale).filter((part): part is [string, string] => part[1] !== undefined);
  if (parts.length === 0) return { state: 'live', text: 'Connected', detail: `to ${node}` };
  const text = `Stale ${parts.map(([kind]) => kind).join(' and ')}`;
  return { state: 'stale', text, detail: parts.map(([, name]) => name).join(', ') };
}

function waitText(retryAt: number | undefined, now: number): string {
  if (retryAt === undefined) return 'now…';
  return `in ${String(Math.max(0, Math.ceil((retryAt - now) / 1_000)))} s`;
}

function endText(error: OutcryError | undefined): string {
  return ENDS.get(error?.closeCode ?? 0) ?? error?.message ?? '';
}
