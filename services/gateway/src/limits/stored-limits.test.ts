import { MemoryHub, type SharedLimits } from '@outcry/broker';
import { createLogger } from '@outcry/service';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { createTestGateway, type TestClient, type TestGateway } from '../testing/create-services.ts';
import { StoredLimits } from './stored-limits.ts';

const MIB = 1024 * 1024;
const POLL = { interval: 1, timeout: 10_000 };
const UNLIMITED = { bytesPerUser: 0, bytesPerAddress: 0, roomsPerUser: 0, roomsPerAddress: 0 };

describe('what users and addresses store', () => {
  const gateways: TestGateway[] = [];
  let hub: MemoryHub;
  beforeEach(() => {
    hub = new MemoryHub();
  });
  afterEach(async () => {
    for (const gateway of gateways.splice(0)) await gateway.stop();
  });

  async function start(stored: Partial<typeof UNLIMITED>): Promise<TestGateway> {
    const gateway = await createTestGateway({ limits: { stored: { ...UNLIMITED, ...stored } } }, hub);
    gateways.push(gateway);
    return gateway;
  }

  async function connect(gateway: TestGateway, user: string): Promise<TestClient> {
    const client = gateway.connect(user);
    await vi.waitUntil(() => client.socket.framesOf('joined').length === 2, POLL);
    return client;
  }

  /** What was spent before is told to the cluster, and its answer is known here: each takes turns of the loop, and nobody waits for them. */
  async function untilSettled(): Promise<void> {
    for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  }

  let ids = 0;
  /** The answer to a request. */
  async function ask({ send, socket }: TestClient, request: Record<string, unknown>): Promise<Record<string, unknown>> {
    const id = (ids += 1);
    send({ ...request, id });
    const answers = (): readonly Record<string, unknown>[] =>
      (['ack', 'joined', 'error'] as const).flatMap((type) => socket.framesOf(type)).filter((frame) => frame.id === id);
    await vi.waitUntil(() => answers().length > 0, POLL);
    return answers()[0] ?? {};
  }

  it('is bounded for a user over all its connections and nodes, and for nobody else', async () => {
    const [first, second] = [await start({ bytesPerUser: MIB }), await start({ bytesPerUser: MIB })];
    const ann = [await connect(first, 'ann'), await connect(first, 'ann'), await connect(second, 'ann')];
    const data = 'x'.repeat(10_000);
    let stored = 0;
    const refusals: string[] = [];
    for (let i = 0; refusals.length < ann.length && i < 300; i += 1) {
      const client = ann[i % ann.length];
      if (client === undefined) continue;
      const answer = await ask(client, { type: 'publish', room: `@nobody-${String(i)}`, data });
      if (answer['type'] === 'ack') stored += data.length;
      else refusals.push(String(answer['message']));
    }
    expect(stored).toBeGreaterThan(0.9 * MIB);
    // A part for each node that is not settled yet.
    expect(stored).toBeLessThan(1.1 * MIB);
    for (const message of refusals) {
      expect(message).toMatch(/^storedBytesPerUser: the user stores as much as it may; again in \d+ s$/);
    }
    expect(await ask(await connect(first, 'bob'), { type: 'publish', room: '@ann', data })).toMatchObject({
      type: 'ack',
    });
    const metrics = await first.services.metrics.registry.metrics();
    expect(metrics).toMatch(/outcry_gateway_stored_limits_reached_total\{limit="storedBytesPerUser"\} [1-9]/);
  });

  it('is bounded for an address, however many users come from it', async () => {
    const gateway = await start({ bytesPerAddress: MIB });
    const data = 'x'.repeat(15_000);
    let refusal: Record<string, unknown> = {};
    for (let i = 0; refusal['type'] !== 'error' && i < 200; i += 1) {
      refusal = await ask(await connect(gateway, `guest-${String(i)}`), { type: 'publish', room: '@ann', data });
    }
    expect(refusal).toMatchObject({ code: 'limitReached', retryable: false });
    expect(refusal['message']).toMatch(/^storedBytesPerAddress: the address stores/);
  });

  it('bounds new rooms, joined or written to, and leaves those open that have been spoken in', async () => {
    const gateway = await start({ roomsPerUser: 4 });
    const [ann, bob] = [await connect(gateway, 'ann'), await connect(gateway, 'bob')];
    await ask(bob, { type: 'join', room: 'lively' });
    await ask(bob, { type: 'publish', room: 'lively', data: 'x' });
    await ask(bob, { type: 'publish', room: '@carl', data: 'x' });
    for (const room of ['new-1', 'new-2'])
      expect(await ask(ann, { type: 'join', room })).toMatchObject({ type: 'joined' });
    for (const room of ['@d', '@e', '@f'])
      expect(await ask(ann, { type: 'publish', room, data: 'x' })).toMatchObject({ type: 'ack' });
    await untilSettled();
    const words = /^newRoomsPerUser: the user begins as many new rooms as it may; again in \d+ s$/;
    for (const request of [
      { type: 'publish', room: '@g', data: 'x' },
      { type: 'join', room: 'new-3' },
    ]) {
      const refusal = await ask(ann, request);
      expect(refusal).toMatchObject({ type: 'error', code: 'limitReached' });
      expect(refusal['message']).toMatch(words);
    }
    expect(await ask(ann, { type: 'join', room: 'lively' })).toMatchObject({ type: 'joined' });
    for (const room of ['lively', '@carl', '@d']) {
      expect(await ask(ann, { type: 'publish', room, data: 'x' })).toMatchObject({ type: 'ack' });
    }
    expect(await ask(bob, { type: 'join', room: 'new-4' })).toMatchObject({ type: 'joined' });
  });
});

it('tells the cluster whose a message is, with what Redis needs besides its bytes, and in whole seconds when there may be more', async () => {
  const spend = vi.fn<SharedLimits['spend']>().mockResolvedValue(1500);
  const maxima = { ...UNLIMITED, bytesPerUser: 64, bytesPerAddress: 64, roomsPerAddress: 64 };
  const logger = createLogger({ level: 'silent', fields: {} });
  const limits = new StoredLimits({ shared: { spend }, maxima, onReached: vi.fn(), logger });
  const owner = { identity: { user: 'ann' }, address: '2001:db8:1:2:3:4:5:6' };
  limits.countMessage(owner, 100);
  limits.countRoom(owner);
  await vi.waitFor(() => {
    expect(spend.mock.calls.map(([{ subject, amount }]) => [subject, amount])).toEqual([
      ['stored:user:ann', 228],
      ['stored:address:2001:db8:1:2::', 228],
      ['rooms:address:2001:db8:1:2::', 1],
    ]);
  });
  await vi.waitFor(() => {
    expect(() => {
      limits.checkBytes(owner);
    }).toThrow(/^storedBytesPerUser: the user stores as much as it may; again in 2 s$/);
  });
});
