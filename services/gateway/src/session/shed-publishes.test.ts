import { OutcryError, partitionOf } from '@outcry/broker';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';

import type { PublishAdmission } from '../limits/publish-admission.ts';
import { createTestGateway, type TestGateway } from '../testing/create-services.ts';

const fill = (admission: PublishAdmission): void => {
  while (!admission.isFull) admission.enter();
};

let gateway: TestGateway;
beforeEach(async () => {
  gateway = await createTestGateway();
});
afterEach(async () => {
  await gateway.stop();
});

it('refuses a publish that could not be answered in time, says when to come back, and takes it then', async () => {
  const { services } = gateway;
  const { send, socket } = gateway.connect('ann');
  send({ type: 'join', id: 1, room: 'lobby' });
  await vi.waitUntil(() => socket.framesOf('joined').some(({ room }) => room === 'lobby'));
  const published = vi.spyOn(services.broker, 'publish');
  fill(services.admission);
  send({ type: 'publish', id: 2, room: 'lobby', data: 'too much' });
  const [refusal] = socket.framesOf('error');
  expect(refusal).toMatchObject({ id: 2, code: 'unavailable', retryable: true });
  expect(refusal?.retryInMs).toBeGreaterThanOrEqual(500);
  expect(refusal?.retryInMs).toBeLessThan(1500);
  expect(published).not.toHaveBeenCalled();
  expect(await services.metrics.registry.metrics()).toContain('outcry_gateway_publishes_shed_total 1');

  services.admission.leave(true);
  const others = services.admission.inFlight;
  send({ type: 'publish', id: 3, room: 'lobby', data: 'in time' });
  await vi.waitUntil(() => socket.framesOf('ack').some(({ id }) => id === 3));
  expect(services.admission.inFlight).toBe(others);
});

it('refuses what is for a part of the broker that is silent, and takes what is for another', async () => {
  const { services } = gateway;
  const { send, socket } = gateway.connect('ann');
  for (const room of ['lobby', 'yard']) send({ type: 'join', id: 1, room });
  await vi.waitUntil(() => socket.framesOf('joined').some(({ room }) => room === 'yard'));
  expect(partitionOf('lobby')).not.toBe(partitionOf('yard'));
  vi.spyOn(services.admission, 'isFullOf').mockImplementation((part) => part === partitionOf('lobby'));
  send({ type: 'publish', id: 2, room: 'lobby', data: 'too much' });
  send({ type: 'publish', id: 3, room: 'yard', data: 'in time' });
  await vi.waitUntil(() => socket.framesOf('ack').some(({ id }) => id === 3));
  const [refusal] = socket.framesOf('error');
  expect(refusal).toMatchObject({ id: 2, code: 'unavailable', retryable: true });
  expect(refusal?.retryInMs).toBeGreaterThanOrEqual(500);
  expect(await services.metrics.registry.metrics()).toContain('outcry_gateway_publishes_shed_total 1');
});

it('keeps no place for a publish that failed', async () => {
  const { services } = gateway;
  const { send, socket } = gateway.connect('ann');
  send({ type: 'join', id: 1, room: 'lobby' });
  await vi.waitUntil(() => socket.framesOf('joined').some(({ room }) => room === 'lobby'));
  vi.spyOn(services.broker, 'publish').mockRejectedValueOnce(new Error('a fault'));
  send({ type: 'publish', id: 2, room: 'lobby', data: 'lost' });
  await vi.waitUntil(() => socket.closeCode !== undefined);
  expect(services.admission.inFlight).toBe(0);
});

it('takes for an answer of the broker whatever it says, but that it is away', async () => {
  const { services } = gateway;
  const { send, socket } = gateway.connect('ann');
  send({ type: 'join', id: 1, room: 'lobby' });
  await vi.waitUntil(() => socket.framesOf('joined').some(({ room }) => room === 'lobby'));
  const publish = vi.spyOn(services.broker, 'publish');
  const [entered, left] = [vi.spyOn(services.admission, 'enter'), vi.spyOn(services.admission, 'leave')];
  for (const [err, isAnswer] of [
    [undefined, true],
    [new OutcryError('notBegun', 'not by this one'), true],
    [new OutcryError('unavailable', 'away'), false],
    [new Error('a fault'), false],
  ] as const) {
    if (err !== undefined) publish.mockRejectedValueOnce(err);
    left.mockClear();
    send({ type: 'publish', id: 2, room: 'lobby', data: 'x' });
    await vi.waitUntil(() => left.mock.calls.length > 0);
    expect(left.mock.calls).toEqual([[isAnswer, partitionOf('lobby')]]);
  }
  // Where it left, it had entered.
  expect(new Set(entered.mock.calls.flat())).toEqual(new Set([partitionOf('lobby')]));
});

it('looks at nothing of a publish that is refused, and at everything of other requests', async () => {
  const { services } = gateway;
  const { send, session, socket } = gateway.connect('ann');
  fill(services.admission);
  const decoded = vi.spyOn(services.codecs.json, 'decodeClient');
  const before = socket.framesOf('error').length;
  send({ type: 'publish', id: 2, room: 'no right to it', data: 'x'.repeat(1000) });
  send({ id: 'three', type: 'publish', data: null, room: 'lobby' });
  session.received(Buffer.from('{"type":"publish","room":"lobby","data":1}'), false);
  expect(decoded).not.toHaveBeenCalled();
  expect(socket.framesOf('error').slice(before)).toMatchObject([
    { id: 2, code: 'unavailable' },
    { id: 'three', code: 'unavailable' },
    { code: 'unavailable' },
  ]);
  send({ type: 'ping', id: 4 });
  expect(socket.framesOf('pong')).toMatchObject([{ id: 4 }]);
  const metrics = await services.metrics.registry.metrics();
  expect(metrics).toContain('outcry_gateway_publishes_shed_total 3');
  expect(metrics).toContain('outcry_gateway_errors_total{code="unavailable"} 3');
});

it('counts what it refuses with against the answers of its client', () => {
  const { services } = gateway;
  const { send, session } = gateway.connect('ann');
  const spent = vi.spyOn(services.meters.answers, 'spend');
  fill(services.admission);
  send({ type: 'publish', id: 2, room: 'lobby', data: 'too much' });
  expect(spent).toHaveBeenCalledExactlyOnceWith(session, expect.any(Number), expect.any(Number));
});
