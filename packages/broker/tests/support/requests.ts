import { encodeMessageHead, encodePayload } from '@outcry/protocol';
import type { PublishRequest, Retention } from '../../src/index.ts';

export const RETENTION: Retention = { count: 1000, ms: 60_000 };

/** A publish of a text by a sender that bears the same name as its connection. */
export function request(room: string, text: string, overrides: Partial<PublishRequest> = {}): PublishRequest {
  const head = encodeMessageHead({ room, from: 'ann', at: 1_700_000_000_000, data: encodePayload(text) });
  return { room, head, origin: 'ann', retention: RETENTION, ...overrides };
}

export function range(from: number, to: number): number[] {
  return Array.from({ length: Math.max(0, to - from + 1) }, (_, i) => from + i);
}
