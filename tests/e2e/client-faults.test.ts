import {
  Client,
  type ClientStatus,
  connect,
  type ConnectOptions,
  encryptWith,
  type Environment,
  keyFromBytes,
  type PlatformChange,
  type RoomEvent,
} from '@outcry/client';
import { FaultProxy, type GatewayProcess, RawClient, startStandalone, UNLIMITED } from '@outcry/testkit';
import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished } from 'vitest';

import { metricOf } from '../metrics.ts';
import { ClosingServer } from './support/closing-server.ts';

const POLL = { timeout: 30_000, interval: 20 };
const BACKOFF = { baseMs: 50, maxMs: 200 };
const KEPT = 60;
const SOFT = 64 * 1024;
const DATA = 'x'.repeat(4_000);

/** Time and chance of Node, and a network whose changes the test tells. */
class TestEnvironment implements Environment {
  readonly #watchers = new Set<(change: PlatformChange) => void>();

  now(): number {
    return performance.timeOrigin + performance.now();
  }

  random(): number {
    return Math.random();
  }

  schedule(run: () => void, delayMs: number): () => void {
    const timer = setTimeout(run, delayMs);
    return () => {
      clearTimeout(timer);
    };
  }

  watch(changed: (change: PlatformChange) => void): () => void {
    this.#watchers.add(changed);
    return () => this.#watchers.delete(changed);
  }

  change(change: PlatformChange): void {
    for (const changed of this.#watchers) changed(change);
  }
}

describe.each(['json', 'msgpack'] as const)('the client library on real networks, %s', (encoding) => {
  const open: Client[] = [];
  let standalone: GatewayProcess;
  let proxy: FaultProxy;
  beforeAll(async () => {
    standalone = await startStandalone({
      ...{ historyCount: KEPT, softBufferBytes: SOFT, hardBufferBytes: 2 ** 28 },
      ...UNLIMITED,
    });
    proxy = await FaultProxy.start({ host: '127.0.0.1', port: standalone.port });
  });
  afterEach(async () => {
    for (const client of open.splice(0)) client.close();
    await proxy.restore();
    proxy.heal();
  });
  afterAll(async () => {
    await proxy[Symbol.asyncDispose]();
    await standalone[Symbol.asyncDispose]();
  });

  const throughProxy = (): string => `ws://127.0.0.1:${String(proxy.port)}/ws`;

  function start(url: string, options: ConnectOptions = {}): Client {
    const client = connect(url, { encoding, backoff: BACKOFF, maxFramesPerSecond: 0, ...options });
    open.push(client);
    return client;
  }

  const isConnected = (client: Client): boolean => client.status.state === 'connected';
  /** One passes in milliseconds where chance has it so: whoever waits for it waits for it or a later one. */
  const attemptOf = ({ status }: Client): number => (status.state === 'reconnecting' ? status.attempt : 0);

  it('is lost at once where a port is refused, says why, tries again and comes back', async () => {
    await proxy.cut();
    const statuses: ClientStatus[] = [];
    const client = start(throughProxy(), { onStatus: (status) => statuses.push(status) });
    await expect.poll(() => attemptOf(client), { timeout: 5_000, interval: 20 }).toBeGreaterThanOrEqual(5);
    const [failed] = statuses.filter(({ state }) => state === 'reconnecting');
    expect(failed).toMatchObject({ error: { code: 'disconnected', isRetryable: true } });
    expect(failed).toHaveProperty('error.message', expect.stringMatching(/^the connection was lost: ./));
    expect(failed).toHaveProperty('error.cause', expect.any(Error));
    await proxy.restore();
    await expect.poll(() => isConnected(client), POLL).toBe(true);
  });

  it('is lost at once where the handshake is answered with an error', async () => {
    const client = start(standalone.publicUrl.replace('http', 'ws') + '/no-such-path');
    await expect.poll(() => attemptOf(client), { timeout: 5_000, interval: 20 }).toBeGreaterThanOrEqual(3);
  });

  it.each([
    [1000, ''],
    [1003, 'not here'],
    [1009, ''],
  ])('comes back, and resumes, where something on the way closes with %i', async (code, reason) => {
    await using closing = await ClosingServer.start(code, reason);
    const speaker = start(standalone.url).join(`closed-${String(code)}`, { history: 0, onEvent: () => undefined });
    const events: RoomEvent[] = [];
    let isFirst = true;
    let attempts = 0;
    const client = start('ws://cluster/ws', {
      webSocket: (_, protocols) => {
        attempts += 1;
        const isClosed = !isFirst && attempts === 2;
        return new WebSocket(
          isClosed ? closing.url : isFirst || attempts === 1 ? throughProxy() : standalone.url,
          protocols,
        );
      },
    });
    const room = client.join(`closed-${String(code)}`, { onEvent: (event) => events.push(event) });
    await Promise.all([room.joined, speaker.joined]);
    await speaker.publish('before');
    await expect.poll(() => events.filter(({ type }) => type === 'message').length, POLL).toBe(1);
    isFirst = false;
    proxy.dropConnections();
    await speaker.publish('meanwhile');
    await expect.poll(() => events.filter(({ type }) => type === 'message').length, POLL).toBe(2);
    expect(attempts).toBeGreaterThanOrEqual(3);
    expect(events.map(({ type }) => type)).not.toContain('gap');
    expect(client.status.state).toBe('connected');
  });

  it('answers everything that was asked while attempts failed, sealed or in the name of a user not known', async () => {
    const encryption = encryptWith({ current: await keyFromBytes('k', new Uint8Array(32).fill(7)) });
    const client = start(throughProxy());
    const vault = client.join<number>(`vault-${encoding}`, { encryption });
    const inbox = client.inbox();
    await vault.joined;
    await proxy.cut();
    await expect.poll(() => attemptOf(client), POLL).toBeGreaterThanOrEqual(5);
    const sealed = [1, 2, 3].map((number) => vault.publish(number));
    const direct = client.send('bob', 'x', { encryption });
    const asked = [inbox.history(), client.ping()];
    await proxy.restore();
    const positions = await Promise.all(sealed);
    expect(positions.map(({ seq }) => seq - (positions[0]?.seq ?? 0))).toEqual([0, 1, 2]);
    await Promise.all([direct, ...asked]);
    await expect(vault.publish(4)).resolves.toMatchObject({ seq: (positions[0]?.seq ?? 0) + 3 });
  });

  it('shows behind a gap everything that the room still has, where it read too slowly', async () => {
    const name = `slow-${encoding}`;
    const events: RoomEvent<string>[] = [];
    const client = start(throughProxy(), { pingAfterMs: 600_000 });
    const room = client.join<string>(name, { history: 5, onEvent: (event) => events.push(event) });
    const speaker = await RawClient.connect({ url: standalone.url, encoding, token: 'speaker' });
    onTestFinished(async () => {
      await speaker.close();
    });
    await speaker.expectAnswer('joined', { type: 'join', room: name });
    await room.joined;
    const publish = async (): Promise<number> =>
      (await speaker.expectAnswer('ack', { type: 'publish', room: name, data: DATA })).seq ?? 0;
    const first = await publish();
    await expect.poll(() => room.position?.seq, POLL).toBe(first);

    const laggedBefore = await metricOf(standalone, 'outcry_gateway_lagging_total');
    proxy.inflict({ toClient: { isHeld: true } });
    while ((await metricOf(standalone, 'outcry_gateway_lagging_total')) === laggedBefore)
      for (let i = 0; i < 50; i++) await publish();
    let last = 0;
    for (let i = 0; i < 2 * KEPT; i++) last = await publish();
    proxy.heal();
    await expect.poll(() => room.position?.seq, POLL).toBe(last);
    last = await publish();
    await expect.poll(() => room.position?.seq, POLL).toBe(last);

    const seqs = events.flatMap((event) => (event.type === 'message' ? [event.seq] : []));
    const gapAt = events.findIndex(({ type }) => type === 'gap');
    const gap = events[gapAt];
    expect(gap).toMatchObject({ type: 'gap', reason: 'reset' });
    const before = events.slice(0, gapAt).flatMap((event) => (event.type === 'message' ? [event.seq] : []));
    const behind = seqs.slice(before.length);
    expect(behind).toEqual(Array.from({ length: behind.length }, (_, i) => last - behind.length + 1 + i));
    // The room keeps so many, and one more has come since.
    expect(behind.length).toBeGreaterThanOrEqual(KEPT);
    expect(gap).toMatchObject({ missed: (behind[0] ?? 0) - (before.at(-1) ?? 0) - 1 });
    expect(events.slice(gapAt - 1, gapAt)).toMatchObject([
      { type: 'joined', isReconnected: false, isRecovered: false },
    ]);
    expect(events.map(({ type }) => type)).not.toContain('away');
  });

  it('notices a black hole within the time of an answer, where the network has said that it changed', async () => {
    const environment = new TestEnvironment();
    const timeouts = { pongTimeoutMs: 1_000, connectTimeoutMs: 1_000 };
    const client = new Client(throughProxy(), { encoding, backoff: BACKOFF, ...timeouts }, environment);
    open.push(client);
    const book = client.book('BTCUSDT', { interval: 100 });
    await book.ready;
    let updates = 0;
    const read = async (): Promise<void> => {
      for await (const { type } of book) if (type === 'delta') updates += 1;
    };
    void read();
    await expect.poll(() => updates, POLL).toBeGreaterThan(5);
    const begunAt = performance.now();
    proxy.inflict({ toServer: { isLost: true }, toClient: { isLost: true } });
    environment.change('offline');
    await expect
      .poll(() => client.status, POLL)
      .toMatchObject({ state: 'reconnecting', error: { code: 'disconnected' } });
    expect(performance.now() - begunAt).toBeLessThan(5_000);
    expect(book.status).toBe('stale');
    await expect
      .poll(() => (client.status.state === 'reconnecting' ? client.status.attempt : 0), POLL)
      .toBeGreaterThan(0);
    proxy.heal();
    environment.change('online');
    await expect.poll(() => book.status, POLL).toBe('live');
  });

  it('calls a book stale that comes seconds late, and itself lagging, until it comes in time', async () => {
    const client = start(throughProxy());
    const book = client.book('BTCUSDT', { interval: 100 });
    await book.ready;
    await expect.poll(() => book.status, POLL).toBe('live');
    expect(client.status).toMatchObject({ isLagging: false });
    const serverOffsetMs = client.serverNow() - Date.now();
    expect(Math.abs(serverOffsetMs)).toBeLessThan(1_000);
    proxy.inflict({ toClient: { delayMs: () => 4_000 } });
    await expect.poll(() => [book.status, (book.ageMs ?? 0) > 3_000], POLL).toEqual(['stale', true]);
    await expect.poll(() => client.status, POLL).toMatchObject({ state: 'connected', isLagging: true });
    proxy.heal();
    await expect.poll(() => [book.status, client.status], POLL).toMatchObject(['live', { isLagging: false }]);
    expect(book.ageMs).toBeLessThan(3_000);
  });
});

it('the client library ends where no socket can be opened, and the program goes on', async () => {
  const client = connect('ws://127.0.0.1:1/ws', {
    token: () => Promise.resolve('ann'),
    webSocket: () => {
      throw new DOMException('mixed content', 'SecurityError');
    },
  });
  await expect.poll(() => client.status).toMatchObject({ state: 'closed', error: { code: 'noSocket' } });
  expect(() => connect('not an address')).toThrow('url: expected ws://');
});
