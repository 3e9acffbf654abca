import { CLOSE_CODES, Encoding } from '@outcry/protocol';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';

import { Meters } from '../limits/meters.ts';
import { createTestGateway, type TestGateway } from '../testing/create-services.ts';
import type { FakeSocket } from '../testing/fake-transport.ts';
import type { SessionPort } from '../transport/transport.ts';
import { PacedPort } from './paced-port.ts';

const FRAME = Buffer.alloc(100);
const LIMITS = { maxFramesPerSecond: 10, maxBytesPerSecond: 500, maxControlFramesPerSecond: 2 };

describe('PacedPort', () => {
  let gateway: TestGateway;
  let socket: FakeSocket;
  let passed: string[];
  beforeEach(async () => {
    vi.useFakeTimers({ toFake: ['performance'] });
    gateway = await createTestGateway();
    socket = gateway.transport.connect();
    passed = [];
  });
  afterEach(async () => {
    await gateway.stop();
    vi.useRealTimers();
  });

  function pace(limits: Partial<typeof LIMITS>): SessionPort {
    const { config } = gateway;
    const port: SessionPort = {
      received: () => passed.push('frame'),
      alive: () => passed.push('alive'),
      drained: () => passed.push('drained'),
      overflowed: () => passed.push('overflowed'),
      closed: () => passed.push('closed'),
    };
    const meters = new Meters({ ...config.limits, ...config.session, ...limits });
    onTestFinished(() => {
      meters.stop();
    });
    return new PacedPort({ port, socket, encoding: socket.encoding }, { ...gateway.services, meters });
  }

  function send(port: SessionPort, count: number): void {
    for (let i = 0; i < count; i++) port.received(FRAME, false);
  }

  it.each([
    { what: 'frames', limits: { ...LIMITS, maxBytesPerSecond: 0 }, perSecond: 10 },
    { what: 'bytes', limits: { ...LIMITS, maxFramesPerSecond: 0 }, perSecond: 5 },
  ])('drops $what past the rate, says so, and lets pass what comes later', async ({ what, limits, perSecond }) => {
    const port = pace(limits);
    const burst = 2 * perSecond;
    send(port, burst + 3);
    expect(passed).toHaveLength(burst);
    expect(socket.framesOf('error')).toHaveLength(3);
    expect(socket.framesOf('error')[0]).toMatchObject({ code: 'rateLimited', retryable: true });
    vi.advanceTimersByTime(1000);
    send(port, burst);
    expect(passed).toHaveLength(burst + perSecond);
    const metrics = await gateway.services.metrics.registry.metrics();
    expect(metrics).toContain(`outcry_gateway_rate_limited_total{what="${what}"} ${String(3 + burst - perSecond)}`);
    expect(socket.closeCode).toBeUndefined();
  });

  it.each(Object.values(Encoding))('says which request it was that it has dropped, in %s', (encoding) => {
    socket = gateway.transport.connect(encoding);
    const port = pace({ ...LIMITS, maxBytesPerSecond: 0 });
    const codec = gateway.services.codecs[encoding];
    const isBinary = encoding === Encoding.Msgpack;
    const ping = (id: string | number): void => {
      const frame = codec.encodeClient({ type: 'ping', id });
      port.received(typeof frame === 'string' ? Buffer.from(frame) : frame, isBinary);
    };
    for (let id = 1; id <= 22; id++) ping(id);
    ping('by name');
    expect(socket.framesOf('error').map(({ id }) => id)).toEqual([21, 22, 'by name']);
    port.received(Buffer.from([0xc1]), isBinary);
    port.received(FRAME, !isBinary);
    expect(socket.framesOf('error').map(({ id }) => id)).toEqual([21, 22, 'by name', undefined, undefined]);
  });

  it('reads no more than it forgives, and nothing of what is too big', () => {
    const port = pace({ ...LIMITS, maxBytesPerSecond: 0 });
    const readId = vi.spyOn(gateway.services.codecs.json, 'readId');
    port.received(Buffer.alloc(gateway.services.limits.maxFrameBytes + 1), false);
    send(port, 19);
    port.received(Buffer.alloc(gateway.services.limits.maxFrameBytes + 1), false);
    expect(readId).not.toHaveBeenCalled();
    send(port, 1000);
    expect(readId.mock.calls.length).toBeLessThan(100);
    expect(socket.closeCode).toEqual(CLOSE_CODES.rateLimited);
  });

  it('lets a frame pass that is larger than the burst, and makes those behind it wait for it', () => {
    const port = pace({ ...LIMITS, maxFramesPerSecond: 0 });
    port.received(Buffer.alloc(2000), false);
    vi.advanceTimersByTime(1900);
    port.received(FRAME, false);
    expect(passed).toHaveLength(1);
    vi.advanceTimersByTime(200);
    port.received(FRAME, false);
    expect(passed).toHaveLength(2);
  });

  it('drops pings and pongs past their own rate, then closes who does not heed it', () => {
    const port = pace(LIMITS);
    for (let i = 0; i < 104; i++) port.alive();
    expect(passed).toHaveLength(4);
    expect(socket.framesOf('error')).toHaveLength(100);
    expect(socket.closeCode).toBeUndefined();
    port.alive();
    expect(socket.closeCode).toEqual(CLOSE_CODES.rateLimited);
  });

  it('closes who stays past the rate of pings, though most of them pass in between', () => {
    const port = pace(LIMITS);
    const pingIntervalMs = 250;
    for (let i = 0; i < 1000; i++) {
      vi.advanceTimersByTime(pingIntervalMs);
      port.alive();
    }
    expect(passed.length).toBeGreaterThan(socket.framesOf('error').length);
    expect(socket.closeCode).toEqual(CLOSE_CODES.rateLimited);
  });

  it('closes who goes on sending frames', () => {
    const port = pace({ ...LIMITS, maxBytesPerSecond: 0 });
    send(port, 121);
    expect(socket.closeCode).toEqual(CLOSE_CODES.rateLimited);
  });

  it('says when the error itself does not get through', () => {
    socket.outcome = 'dropped';
    send(pace({ ...LIMITS, maxBytesPerSecond: 0 }), 21);
    expect(passed.at(-1)).toBe('overflowed');
  });

  it('passes everything where the rates are 0', () => {
    const port = pace({ maxFramesPerSecond: 0, maxBytesPerSecond: 0, maxControlFramesPerSecond: 0 });
    send(port, 1000);
    for (let i = 0; i < 1000; i++) port.alive();
    expect(passed).toHaveLength(2000);
  });
});
