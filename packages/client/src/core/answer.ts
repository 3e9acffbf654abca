import type { ReceivedFrame } from '@outcry/protocol';

import type { OutcryError } from '../primitives/errors.ts';

/** An answer that is no error. */
export type Answer = Extract<ReceivedFrame, { type: 'ack' | 'pong' | 'reply' }>;

/** One who waits for an answer, and hears of it once. */
export interface Asker {
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: OutcryError) => void;
}
