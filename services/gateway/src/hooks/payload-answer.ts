import { checkJsonValue, encodePayload, findWideInteger, ValueFault } from '@outcry/protocol';
import { z } from 'zod';
import { FailureKind, HookFailure } from '@outcry/webhook';

import { answerReader, type Permission, type Refusal } from './answer.ts';
import type { ReadAnswer } from './hook-client.ts';

export interface PayloadAnswer extends Permission {
  /** Encoded; undefined where the answer has none. */
  readonly data: Uint8Array | undefined;
}

const readFields = answerReader({ data: z.unknown().optional() });

/** Reads answers that may hold a payload, by the rules that hold for a client's: its bytes, its nesting, its numbers. */
export function payloadReader(maxBytes: number): ReadAnswer<PayloadAnswer | Refusal> {
  return (text) => {
    const answer = readFields(text);
    if (!answer.allow) return answer;
    return { allow: true, data: 'data' in answer ? encodeData(answer.data, { text, maxBytes }) : undefined };
  };
}

function encodeData(
  data: unknown,
  { text, maxBytes }: { readonly text: string; readonly maxBytes: number },
): Uint8Array {
  try {
    if (checkJsonValue(data) && findWideInteger(text)?.[0] === 'data') {
      throw invalid('data: a number is too large to be exact');
    }
  } catch (err) {
    if (err instanceof ValueFault) throw invalid(err.describe('data'));
    throw err;
  }
  const payload = encodePayload(data);
  if (payload.length > maxBytes) throw invalid(`data: expected at most ${String(maxBytes)} bytes`);
  return payload;
}

function invalid(problem: string): HookFailure {
  return new HookFailure(FailureKind.Invalid, problem);
}
