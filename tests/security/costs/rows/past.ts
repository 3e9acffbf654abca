import { connect } from '@outcry/client';
import { RawClient } from '@outcry/testkit';

import { metricOf } from '../../../metrics.ts';
import type { Cost, CostSite, Deed } from '../support/cost.ts';
import { RedisMeter } from '../support/usage.ts';

const ROOM = 'market';
const COUNT = 1000;
/** As large as a frame lets a message be. */
const LARGE_BYTES = 16_000;
const MEDIUM_BYTES = 4000;
const BATCH = 20;
const DEADLINE_MS = 120_000;
/** Of who fills the room. Who asks has the limits that everybody has. */
const FILLING = {
  maxFramesPerSecond: 1_000_000,
  maxBytesPerSecond: 1_000_000_000,
  maxStoredBytesPerUser: 0,
  roomBytes: 0,
};

type Request = Parameters<RawClient['sendAtOnce']>[0][number];

/** What reading the past costs. */
export const PAST_COSTS: readonly Cost[] = [
  {
    name: '100 `history` frames in one write, of a room of 1,000 × 16 KB',
    before: "134 ms of Redis's CPU each; both gateways deaf for 86 and 101 s",
    settings: FILLING,
    prepare: (site) => fill(site, LARGE_BYTES),
    run: async (site) => {
      const client = await join(site);
      return ask(client, 100, { type: 'history', room: ROOM, limit: COUNT });
    },
  },
  {
    name: '60 `join` with `history: 1000`',
    before: "3.4 s of Redis's CPU; 25 of 116 publishes of a bystander unavailable",
    settings: FILLING,
    prepare: (site) => fill(site, LARGE_BYTES),
    run: async ({ gateway: { url } }) => {
      const client = await RawClient.connect({ url, encoding: 'msgpack' });
      const join60 = requests(60, { type: 'join', room: ROOM, history: COUNT });
      client.sendAtOnce(join60);
      await client.next({ type: 'message', room: ROOM, seq: COUNT }, DEADLINE_MS);
      return deedOf([client], join60.length, bytesOf(join60));
    },
  },
  {
    name: '200 clients with one `history` each',
    before: "no ack for 42 s, Redis's output buffers 2.5 GB",
    settings: FILLING,
    prepare: (site) => fill(site, LARGE_BYTES),
    run: async (site) => {
      const clients: RawClient[] = [];
      for (let i = 0; i < 200; i += 1) clients.push(await join(site));
      const deeds = await Promise.all(
        clients.map((client) => ask(client, 1, { type: 'history', room: ROOM, limit: COUNT })),
      );
      const sum = (of: (deed: Deed) => number): number => deeds.reduce((total, deed) => total + of(deed), 0);
      return deedOf(
        clients,
        clients.length,
        sum(({ sentBytes }) => sentBytes),
      );
    },
  },
  {
    name: 'an honest fast client asks for 1,000 × 4 KB',
    before: 'closed with 4202 every time, no answer, and asks again',
    settings: FILLING,
    prepare: (site) => fill(site, MEDIUM_BYTES),
    run: (site) => readHonestly(site, MEDIUM_BYTES),
  },
  {
    name: 'an honest client reads 1,000 × 16 KB whole',
    before: 'closed with 4202',
    settings: FILLING,
    prepare: (site) => fill(site, LARGE_BYTES),
    run: (site) => readHonestly(site, LARGE_BYTES),
  },
  {
    name: 'a member that is held back reads 16 MB slowly',
    before: 'Redis sends 175 MB: what does not fit is thrown away and read again',
    // So far apart that whoever reads nothing is held back, and not sent away, however fast the machine.
    // And all that it misses is kept, or it would be told to begin anew.
    settings: { ...FILLING, historyCount: 10 * COUNT, hardBufferBytes: 2 ** 28, laggingTimeoutMs: DEADLINE_MS },
    run: readHeldBack,
  },
  {
    name: '`subscribe` to 100 unknown symbols',
    before: '180 KB of answer',
    run: async ({ gateway: { url } }) => {
      const client = await RawClient.connect({ url, encoding: 'json' });
      const symbols = Array.from({ length: 100 }, (_, i) => `X${String(i)}`);
      return ask(client, 1, { type: 'subscribe', symbols, depth: 10, interval: 100 });
    },
  },
];

async function readHonestly({ gateway: { url } }: CostSite, bytes: number): Promise<Deed> {
  const client = connect(url);
  const room = client.join(ROOM, { history: 0 });
  await room.joined;
  const { messages } = await room.history({ limit: COUNT });
  if (messages.length !== COUNT) throw new Error(`it got ${String(messages.length)} messages`);
  const isConnected = client.status.state === 'connected';
  if (!isConnected) throw new Error(`it is ${client.status.state}`);
  return {
    requests: Math.ceil((COUNT * bytes) / (256 * 1024)),
    connections: 1,
    sentBytes: 0,
    receivedBytes: COUNT * bytes,
    remarks: 'it got all of them and was never closed',
    release: () => {
      client.close();
    },
  };
}

async function readHeldBack(site: CostSite): Promise<Deed> {
  const { gateway, redis } = site;
  const [slow, fast] = [await join(site), await join(site)];
  slow.pause();
  while ((await metricOf(gateway, 'outcry_gateway_lagging_total')) === 0) await publish(fast, BATCH, LARGE_BYTES);
  await publish(fast, COUNT, LARGE_BYTES);
  using meter = new RedisMeter(redis);
  const before = await meter.read();
  const seqOf = (): number => slow.received.reduce((last, frame) => (frame.type === 'message' ? frame.seq : last), 0);
  const { seq = 0 } = await fast.expectAnswer('ack', { type: 'history', room: ROOM, limit: 1 });
  while (seqOf() < seq) {
    const seen = seqOf();
    slow.resume();
    const isNext = (frame: { readonly type: string; readonly seq?: number }): boolean =>
      frame.type === 'message' && (frame.seq ?? 0) > seen;
    await slow.nextWhere(isNext, { what: `a message behind ${String(seen)}`, deadlineMs: DEADLINE_MS });
    slow.pause();
  }
  const after = await meter.read();
  const missed = slow.received.slice(slow.received.findIndex(({ type }) => type === 'lagging'));
  if (missed.some(({ type }) => type === 'reset')) throw new Error('it was told to begin anew');
  const missedBytes = missed.filter(({ type }) => type === 'message').length * LARGE_BYTES;
  return {
    ...deedOf([slow, fast], 2 * COUNT, missedBytes),
    receivedBytes: missedBytes,
    amplification: (after.sentBytes - before.sentBytes) / missedBytes,
  };
}

async function fill(site: CostSite, bytes: number): Promise<void> {
  const client = await join(site);
  await publish(client, COUNT, bytes);
  client.socket.destroy();
}

async function join({ gateway: { url } }: CostSite): Promise<RawClient> {
  const client = await RawClient.connect({ url, encoding: 'msgpack' });
  await client.expectAnswer('joined', { type: 'join', room: ROOM, history: 0, echo: false });
  return client;
}

async function publish(client: RawClient, count: number, bytes: number): Promise<void> {
  const request = { type: 'publish', room: ROOM, data: 'x'.repeat(bytes - 100) };
  for (let sent = 0; sent < count; sent += BATCH) {
    await Promise.all(Array.from({ length: BATCH }, () => client.expectAnswer('ack', request)));
  }
}

/** Sends a request so often, in one write, and waits for all of its answers. */
async function ask(client: RawClient, times: number, request: Request): Promise<Deed> {
  const all = requests(times, request);
  const isAnswer = (frame: object): boolean => 'id' in frame && String(frame.id).startsWith('cost ');
  client.sendAtOnce(all);
  let refused = 0;
  for (const { id } of all) {
    const answer = await client.nextWhere(isAnswer, {
      what: `an answer, as to ${String(id)}`,
      deadlineMs: DEADLINE_MS,
    });
    if (answer.type === 'error') refused += 1;
  }
  return { ...deedOf([client], times, bytesOf(all)), remarks: `${String(refused)} refused` };
}

function requests(times: number, request: Request): readonly Request[] {
  return Array.from({ length: times }, (_, i) => ({ ...request, id: `cost ${String(i)}` }));
}

function bytesOf(all: readonly Request[]): number {
  return all.reduce((sum, request) => sum + JSON.stringify(request).length, 0);
}

function deedOf(clients: readonly RawClient[], count: number, sentBytes: number): Deed {
  return {
    requests: count,
    connections: clients.length,
    sentBytes,
    receivedBytes: clients.reduce(
      (sum, client) => sum + client.received.reduce((bytes, frame) => bytes + client.bytesOf(frame).length, 0),
      0,
    ),
    release: () => {
      for (const { socket } of clients) socket.destroy();
    },
  };
}
