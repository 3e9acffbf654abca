import type { ReceivedFrame } from '@outcry/protocol';

/** What a client that lags is not sent, so that it no longer lags where one of these comes. */
export const HELD_BACK: ReadonlySet<ReceivedFrame['type']> = new Set([
  'message',
  'signal',
  'reset',
  'snapshot',
  'delta',
  'heartbeat',
]);
