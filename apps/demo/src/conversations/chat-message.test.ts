import type { Message } from '@outcry/client';
import { describe, expect, it } from 'vitest';

import { readPayload, toEntry } from './chat-message.ts';

function message(from: string, data: unknown): Message {
  return { type: 'message', room: 'pit', from, at: 7, data, seq: 3, epoch: 'e' };
}

describe('chat messages', () => {
  it('reads its own form, plain text, and shows everything else as it is', () => {
    expect(readPayload({ text: 'hi', key: 'k', to: 'bob' })).toEqual({ text: 'hi', key: 'k', to: 'bob' });
    expect(readPayload('hi')).toEqual({ text: 'hi' });
    expect(readPayload({ price: 5 })).toEqual({ text: '{"price":5}' });
    expect(readPayload({ text: 5 })).toEqual({ text: '{"text":5}' });
  });

  it('knows an own message by its key, and nobody else by one', () => {
    expect(toEntry(message('ann', { text: 'hi', key: 'k' }), 'ann').id).toBe('k');
    expect(toEntry(message('eve', { text: 'hi', key: 'k' }), 'ann').id).toBe('e:3');
  });
});
