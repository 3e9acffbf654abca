import { OutcryError, type Published, type PublishRequest } from '@outcry/broker';
import { describe, expect, it } from 'vitest';

import { Delivery, type DeliveryOptions } from './delivery.ts';
import type { InboundMessage } from './inbound-message.ts';

const NEVER = new AbortController().signal;
const AWAY = new OutcryError('unavailable', 'Redis is away');

function message(id: string, room: string, more: Partial<InboundMessage> = {}): InboundMessage {
  return { id, room, data: JSON.stringify(id), ...more };
}

/** A delivery over a broker that does as the test says, and what was asked of it. */
function deliver(
  onPublish: (request: PublishRequest) => Promise<Published> = () =>
    Promise.resolve({ position: { epoch: 'e', seq: 1 }, isDuplicate: false }),
) {
  const requests: PublishRequest[] = [];
  const counts = { published: 0, duplicate: 0, retried: 0, refused: [] as string[] };
  const metrics: DeliveryOptions['metrics'] = {
    countPublished: () => counts.published++,
    countDuplicate: () => counts.duplicate++,
    countRetried: (messages) => (counts.retried += messages),
    countRefused: (reason) => counts.refused.push(reason),
  };
  const delivery = new Delivery({
    broker: {
      publish: (request) => {
        requests.push(request);
        return onPublish(request);
      },
    },
    retention: { of: (room) => ({ count: room.length, ms: 1000 }) },
    maxDataBytes: 64,
    sender: '*test',
    metrics,
  });
  return { delivery, requests, counts };
}

describe('Delivery', () => {
  it('publishes under the id of the source, or the key of whoever wrote it, with the retention of the room', async () => {
    const { delivery, requests, counts } = deliver();
    const messages = [message('1', 'a'), message('2', 'bb', { key: 'own' })];
    expect(await delivery.deliver(messages, NEVER)).toEqual({ published: ['1', '2'], refused: [], fault: undefined });
    expect(requests).toMatchObject([
      { room: 'a', idempotency: { sender: '*test', key: '1' }, retention: { count: 1 }, origin: '' },
      { room: 'bb', idempotency: { sender: 'server', key: 'own' }, retention: { count: 2 } },
    ]);
    expect(counts).toMatchObject({ published: 2, duplicate: 0 });
  });

  it('takes a duplicate for published', async () => {
    const { delivery, counts } = deliver(() =>
      Promise.resolve({ position: { epoch: 'e', seq: 1 }, isDuplicate: true }),
    );
    expect(await delivery.deliver([message('1', 'a')], NEVER)).toMatchObject({ published: ['1'] });
    expect(counts).toMatchObject({ published: 0, duplicate: 1 });
  });

  it('has one message of a room under way at a time, and those of others beside it', async () => {
    const underWay = new Set<string>();
    let most = 0;
    const { delivery } = deliver(async ({ room }) => {
      expect(underWay.has(room)).toBe(false);
      underWay.add(room);
      most = Math.max(most, underWay.size);
      await Promise.resolve();
      underWay.delete(room);
      return { position: { epoch: 'e', seq: 1 }, isDuplicate: false };
    });
    const messages = Array.from({ length: 400 }, (_, i) => message(String(i), `room-${String(i % 100)}`));
    const { published } = await delivery.deliver(messages, NEVER);
    expect(new Set(published).size).toBe(400);
    expect(most).toBe(64);
  });

  it('lets nothing overtake what could not be published, and goes on in other rooms', async () => {
    const { delivery, counts } = deliver(({ room, idempotency }) =>
      room === 'a' && idempotency?.key === '2'
        ? Promise.reject(AWAY)
        : Promise.resolve({ position: { epoch: 'e', seq: 1 }, isDuplicate: false }),
    );
    const messages = [message('1', 'a'), message('2', 'a'), message('3', 'b'), message('4', 'a'), message('5', 'b')];
    const { published, refused, fault } = await delivery.deliver(messages, NEVER);
    expect([published.toSorted(), refused, fault]).toEqual([['1', '3', '5'], [], AWAY]);
    expect(counts.retried).toBe(2);
  });

  it.each([
    [{ room: 'no*room' }, 'badRoom', 'expected a room, @all, or @ and a user'],
    [{ key: 'two words' }, 'badKey', 'expected 1 to 64 of printable ASCII without spaces'],
    [{ data: '{' }, 'malformed', 'data: expected JSON'],
    [{ data: '[1, 9007199254740993]' }, 'malformed', /^data\[1\]: /],
    [{ data: `${'['.repeat(40)}${']'.repeat(40)}` }, 'malformed', /^data/],
    [{ data: JSON.stringify('x'.repeat(63)) }, 'dataTooLarge', 'data may have 64 bytes (OUTCRY_MAX_FRAME_BYTES)'],
  ])('refuses %j, and publishes what is behind it', async (more, reason, detail) => {
    const { delivery, counts } = deliver();
    const { published, refused } = await delivery.deliver([message('1', 'a', more), message('2', 'a')], NEVER);
    const expected = typeof detail === 'string' ? detail : (expect.stringMatching(detail) as string);
    expect([published, refused]).toEqual([['2'], [{ id: '1', reason, detail: expected }]]);
    expect(counts.refused).toEqual([reason]);
  });

  it('takes data that is as large as may be', async () => {
    const { delivery } = deliver();
    const data = JSON.stringify('x'.repeat(62));
    expect(await delivery.deliver([message('1', 'a', { data })], NEVER)).toMatchObject({ published: ['1'] });
  });

  it('begins nothing more once its term is over', async () => {
    const ending = new AbortController();
    const { delivery, requests } = deliver(() => {
      ending.abort();
      return Promise.resolve({ position: { epoch: 'e', seq: 1 }, isDuplicate: false });
    });
    const messages = [message('1', 'a'), message('2', 'a')];
    expect(await delivery.deliver(messages, ending.signal)).toMatchObject({ published: ['1'], fault: undefined });
    expect(requests).toHaveLength(1);
  });
});
