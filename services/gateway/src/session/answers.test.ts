import { RequestError, type ServerFrame } from '@outcry/protocol';
import { describe, expect, it } from 'vitest';

import { identityOf } from '../identity/identity.ts';
import { acknowledge, acknowledgeIdentity, type Answerable, isMetered, refusalFrame } from './answers.ts';

class Client implements Answerable {
  readonly frames: ServerFrame[] = [];

  sendFrame(frame: ServerFrame): void {
    this.frames.push(frame);
  }
}

describe('an answer', () => {
  it('has the id of its request, or none', () => {
    const client = new Client();
    acknowledge(client, 7, { count: 1, members: [] });
    acknowledge(client, undefined);
    expect(client.frames).toEqual([{ type: 'ack', id: 7, count: 1, members: [] }, { type: 'ack' }]);
  });

  it('says who the client is now, and until when where that ends', () => {
    const client = new Client();
    const ann = identityOf('ann', { isGuest: false });
    acknowledgeIdentity(client, 1, ann);
    acknowledgeIdentity(client, 2, { ...ann, expiresAt: 5000 });
    expect(client.frames).toEqual([
      { type: 'ack', id: 1, user: 'ann' },
      { type: 'ack', id: 2, user: 'ann', expiresAt: 5000 },
    ]);
  });
});

describe('a refusal', () => {
  it('says what is known of it, and leaves out the rest', () => {
    expect(refusalFrame(new RequestError('badRequest', 'no'), {})).toEqual({
      type: 'error',
      code: 'badRequest',
      message: 'no',
      retryable: false,
    });
    const busy = new RequestError('unavailable', 'later', { id: 'of the error', retryInMs: 500 });
    expect(refusalFrame(busy, { room: 'lobby' })).toEqual({
      type: 'error',
      id: 'of the error',
      code: 'unavailable',
      message: 'later',
      retryable: true,
      room: 'lobby',
      retryInMs: 500,
    });
    expect(refusalFrame(busy, { id: 'of the request' }).id).toBe('of the request');
  });
});

describe('the bytes of answers', () => {
  const error = { type: 'error', message: '', retryable: true } as const;

  it.each<[ServerFrame, boolean]>([
    [{ type: 'ack' }, true],
    [{ type: 'results', results: [] }, true],
    [{ ...error, code: 'badRequest' }, true],
    [{ ...error, code: 'rateLimited' }, false],
    [{ type: 'pong', at: 1 }, false],
    [{ type: 'stale', symbol: 'X' }, false],
  ])('of %j count: %s', (frame, counts) => {
    expect(isMetered(frame)).toBe(counts);
  });
});
