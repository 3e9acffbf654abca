import { CLOSE_CODES } from '@outcry/protocol';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { createTestGateway, type TestGateway } from '../testing/create-services.ts';

describe('the rate of joins', () => {
  let gateway: TestGateway;
  beforeEach(async () => {
    vi.useFakeTimers({ toFake: ['performance'] });
    gateway = await createTestGateway({ limits: { maxJoinsPerSecond: 2, maxRooms: 10 } });
  });
  afterEach(async () => {
    await gateway.stop();
    vi.useRealTimers();
  });

  it('lets a client that is back join all its rooms at once, and then two a second', async () => {
    const { send, socket } = gateway.connect('ann');
    await vi.waitUntil(() => socket.framesOf('joined').length === 2);
    for (let id = 1; id <= 12; id++) send({ type: 'join', id, room: `room-${String(id)}` });
    await vi.waitUntil(() => socket.framesOf('joined').length === 12);
    expect(socket.framesOf('error')).toMatchObject([
      { id: 11, code: 'rateLimited', retryable: true },
      { id: 12, code: 'rateLimited', retryable: true },
    ]);
    vi.advanceTimersByTime(1000);
    for (let id = 13; id <= 15; id++) send({ type: 'join', id, room: `room-${String(id - 12)}` });
    await vi.waitUntil(() => socket.framesOf('joined').length === 14);
    expect(socket.framesOf('error').at(-1)).toMatchObject({ id: 15, code: 'rateLimited' });
    const metrics = await gateway.services.metrics.registry.metrics();
    expect(metrics).toContain('outcry_gateway_rate_limited_total{what="joins"} 3');
    expect(socket.closeCode).toBeUndefined();
  });

  it('closes who joins on and on', () => {
    const { send, socket } = gateway.connect('ann');
    for (let id = 1; id <= 110; id++) send({ type: 'join', id, room: 'lobby' });
    expect(socket.closeCode).toBeUndefined();
    send({ type: 'join', id: 111, room: 'lobby' });
    expect(socket.closeCode).toEqual(CLOSE_CODES.rateLimited);
  });
});
