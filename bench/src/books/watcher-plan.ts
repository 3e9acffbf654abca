import { createCodecs, SUBPROTOCOLS } from '@outcry/protocol';

import { type ClientPlan, localAddressOf, type ReadingRules } from '../generator/client-plan.ts';

const codec = createCodecs().msgpack;

/** `welcome`, `joined` for `@all` and the inbox, and the answer to the request. */
const ANSWERS = 4;

/** All frames count, the short ones of a quiet book too; they are timed by the publisher's own stamp. */
export const BOOK_RULES: ReadingRules = { minDeliveryBytes: 1, stamp: 'book' };

export interface BookChoice {
  readonly symbols: readonly string[];
  readonly depth: number;
  readonly interval: number;
}

/** A client in msgpack that watches these books; it counts as joined when it has a snapshot of each. */
export function planWatcher(port: number, index: number, { symbols, depth, interval }: BookChoice): ClientPlan {
  return {
    url: `ws://127.0.0.1:${String(port)}/ws`,
    localAddress: localAddressOf(index),
    subprotocols: [SUBPROTOCOLS.msgpack],
    frames: [codec.encodeClient({ type: 'subscribe', symbols: [...symbols], depth, interval })],
    answers: ANSWERS + symbols.length,
  };
}
