import { afterEach, beforeEach, expect, it, vi } from 'vitest';

import { createTestGateway, type TestGateway } from '../testing/create-services.ts';

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
  while (services.admission.enter());
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
