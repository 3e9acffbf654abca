import type { Position } from '@outcry/protocol';

import type { Answer } from '../core/answer.ts';
import { OutcryError } from '../primitives/errors.ts';

export type Ack = Extract<Answer, { type: 'ack' }>;

/** @throws OutcryError `refused` where the gateway has answered something else */
export function toAck(answer: Answer): Ack {
  return expectType(answer, 'ack');
}

/** @throws OutcryError `refused` where the gateway has answered something else */
export function expectType<T extends Answer['type']>(answer: Answer, type: T): Extract<Answer, { type: T }> {
  if (answer.type === type) return answer as Extract<Answer, { type: T }>;
  throw new OutcryError('refused', `expected ${type}, not ${answer.type}`);
}

/** @throws OutcryError `refused` where the answer has none */
export function positionOf({ epoch, seq }: Ack): Position {
  if (epoch === undefined || seq === undefined) throw new OutcryError('refused', 'expected an ack with a position');
  return { epoch, seq };
}
