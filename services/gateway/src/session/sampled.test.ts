import { afterEach, beforeEach, describe, expect, it, type MockInstance, vi } from 'vitest';

import type { Sampler } from '../sampling/sampler.ts';
import { createTestGateway, type TestClient, type TestGateway } from '../testing/create-services.ts';

describe('what a session costs', () => {
  let gateway: TestGateway;
  let ann: TestClient;
  let requests: MockInstance<Sampler['countRequest']>;
  let sent: MockInstance<Sampler['countSent']>;
  beforeEach(async () => {
    vi.useFakeTimers({ toFake: ['performance'] });
    vi.advanceTimersByTime(1000);
    gateway = await createTestGateway();
    ann = gateway.connect('ann');
    await vi.waitUntil(() => ann.socket.framesOf('joined').length === 2);
    const { codecs, metrics } = gateway.services;
    const { sampler } = metrics;
    const decode = codecs.json.decodeClient.bind(codecs.json);
    vi.spyOn(codecs.json, 'decodeClient').mockImplementation((input) => {
      vi.advanceTimersByTime(3);
      return decode(input);
    });
    [requests, sent] = [vi.spyOn(sampler, 'countRequest'), vi.spyOn(sampler, 'countSent')];
  });
  afterEach(async () => {
    await gateway.stop();
    vi.useRealTimers();
  });

  it('is counted by request and by what is sent, while somebody looks, and not else', () => {
    ann.send({ type: 'ping' });
    expect(requests).not.toHaveBeenCalled();
    expect(sent).not.toHaveBeenCalled();
    gateway.services.metrics.sampler.isOn = true;
    ann.socket.wire.length = 0;
    ann.send({ type: 'ping' });
    expect(requests).toHaveBeenCalledExactlyOnceWith(ann.session, { type: 'ping', bytes: 15, ms: 3 });
    expect(sent).toHaveBeenCalledExactlyOnceWith(ann.session, ann.socket.wire[0]?.length);
  });

  it('has what is no request among it, and publishes that are refused unread', () => {
    const { admission, metrics } = gateway.services;
    metrics.sampler.isOn = true;
    while (!admission.isFull) admission.enter();
    ann.send({ type: 'publish', id: 1, room: 'lobby', data: 1 });
    expect(requests).toHaveBeenLastCalledWith(ann.session, expect.objectContaining({ type: 'publish' }));
    expect(ann.socket.framesOf('error')).toMatchObject([{ id: 1, code: 'unavailable' }]);
    ann.send('no frame');
    expect(requests).toHaveBeenLastCalledWith(ann.session, { type: undefined, bytes: 10, ms: 3 });
  });
});
