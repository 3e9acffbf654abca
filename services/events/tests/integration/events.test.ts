import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { type Backplane, createRedisBackplane, partitionOf, Telling } from '@outcry/broker';
import {
  type EventsProcess,
  type EventsSettings,
  type GatewayProcess,
  type HookQuestion,
  HookServer,
  RawClient,
  startEvents,
  startGateway,
  startRedis,
  type TestRedis,
  uniquePrefix,
} from '@outcry/testkit';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';

import { eventsOf, Follower, type ToldEvent } from '../support/follower.ts';

const HOOKS_DOCUMENT = new URL('../../../../docs/HOOKS.md', import.meta.url);
const OPERATIONS = new URL('../../../../docs/OPERATIONS.md', import.meta.url);
const SECRET = 'a-secret-of-at-least-thirty-two-characters';
const API_KEY = 'a-key-of-the-server-api';
const IGNORE = (): void => undefined;
const HANDLER = { handleMessage: IGNORE, handleSignal: IGNORE, handleReset: IGNORE, handleStatus: IGNORE };
const PRESENCE = { handleMember: IGNORE, handleReaped: IGNORE, handleRestored: IGNORE, handleFault: IGNORE };
/** Not so short that a process which waits for the processor loses it. */
const SHORT_LEASE = { eventsLeaseMs: 1500, eventsLeaseRenewMs: 300 };
/** In several partitions. */
const ROOMS = ['alpha', 'beta', 'комната'];

const OF_A_VISIT = ['room occupied', 'member joined', 'member left', 'room vacated'];

let redis: TestRedis;
let folder: string;
let roomRulesFile: string;
beforeAll(async () => {
  redis = await startRedis();
  folder = mkdtempSync(join(tmpdir(), 'outcry-'));
  roomRulesFile = join(folder, 'rules.json');
  writeFileSync(roomRulesFile, JSON.stringify({ rules: [{ pattern: 'lobby', events: true }] }));
});
afterAll(async () => {
  rmSync(folder, { recursive: true });
  await redis.stop();
});

/** Your server, a node of the cluster, and whatever sends. */
class Stage implements AsyncDisposable {
  readonly prefix = uniquePrefix();
  readonly node: Backplane;
  readonly server: HookServer;
  readonly #services: EventsProcess[] = [];

  private constructor(server: HookServer) {
    this.server = server;
    const told = { of: () => Telling.Both, maxEntries: 10_000 };
    this.node = createRedisBackplane({ url: redis.url, prefix: this.prefix, told });
  }

  static async set(): Promise<Stage> {
    const stage = new Stage(await HookServer.start());
    await stage.node.start(HANDLER);
    await stage.node.presence.start(PRESENCE);
    return stage;
  }

  async start(settings: Partial<EventsSettings> = {}): Promise<EventsProcess> {
    const service = await startEvents({
      ...{ redisUrl: redis.url, redisPrefix: this.prefix },
      ...{ eventsUrl: this.server.urlOf('events'), eventsSecret: SECRET, eventsPlainHttp: true },
      ...settings,
    });
    this.#services.push(service);
    return service;
  }

  /** Everybody comes to all rooms and goes again, but for one. */
  async comeAndGo(users: readonly string[]): Promise<void> {
    const { presence } = this.node;
    for (const room of ROOMS) {
      for (const user of users) presence.add(room, user);
      await presence.count(room);
      for (const user of users.slice(1)) presence.remove(room, user);
      await presence.count(room);
    }
  }

  get told(): readonly ToldEvent[] {
    return this.server.questionsOf('events').flatMap(eventsOf);
  }

  /** What was told, once each. */
  get follower(): Follower {
    const follower = new Follower();
    for (const event of this.told) follower.follow(event);
    return follower;
  }

  /** Who is where, as your server knows it by now, and how much it knows. */
  untilTold(members: number, events: number): Promise<void> {
    return vi.waitFor(
      () => {
        const { members: known, told, lost, faults } = this.follower;
        expect(faults).toEqual([]);
        expect(ROOMS.map((room) => known.get(room)?.size)).toEqual(ROOMS.map(() => members));
        expect(told - lost.length).toBe(events);
      },
      { timeout: 20_000 },
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#services.map((service) => service[Symbol.asyncDispose]()));
    await this.node.close();
    await this.server[Symbol.asyncDispose]();
  }
}

async function metricOf({ internalUrl }: EventsProcess, name: string): Promise<number> {
  const text = await (await fetch(`${internalUrl}/metrics`)).text();
  const line = text.split('\n').find((other) => other.startsWith(`outcry_events_${name} `)) ?? '';
  return Number(line.slice(line.lastIndexOf(' ')));
}

/** Somebody comes to two rooms, of which one is told, and goes. Resolves with the name of the connection. */
async function visit({ url }: GatewayProcess): Promise<string> {
  const client = await RawClient.connect({ url, encoding: 'json', token: 'ann' });
  const { connection } = await client.next('welcome');
  for (const room of ['quiet', 'lobby']) client.send({ type: 'join', room });
  await client.next({ type: 'joined', room: 'lobby' });
  client.send({ type: 'leave', id: 1, room: 'lobby' });
  await client.next({ type: 'ack', id: 1 });
  client.socket.destroy();
  return connection;
}

/** By the code that a reader of the document would use. */
async function expectSigned(requests: readonly HookQuestion[]): Promise<void> {
  const code = /```js\n([^]*?)```/.exec(readFileSync(HOOKS_DOCUMENT, 'utf8'))?.[1] ?? '';
  const { isGenuine } = (await import(/* @vite-ignore */ `data:text/javascript,${encodeURIComponent(code)}`)) as {
    isGenuine: (headers: object, body: string, secret: string) => boolean;
  };
  for (const { headers, text } of requests) {
    expect([isGenuine(headers, text, SECRET), isGenuine(headers, `${text} `, SECRET)]).toEqual([true, false]);
  }
}

async function expectDocumented({ internalUrl }: EventsProcess): Promise<void> {
  const metrics = await (await fetch(`${internalUrl}/metrics`)).text();
  const operations = readFileSync(OPERATIONS, 'utf8');
  for (const [, name = ''] of metrics.matchAll(/^# TYPE (outcry_events_\w+) /gm)) {
    if (!/_(process|nodejs|build)_/.test(name)) expect(operations).toContain(name);
  }
  expect(await (await fetch(`${internalUrl}/readyz`)).text()).toContain('ok');
}

const usersOf = (count: number): readonly string[] => Array.from({ length: count }, (_, i) => `user-${String(i)}`);
/** Of a room: occupied, and for each a coming, and for all but one a going. */
const eventsFor = (users: number): number => ROOMS.length * (1 + users + (users - 1));

describe('the service that sends events', () => {
  it('tells what happens at a gateway, signed as docs/HOOKS.md says, and dead letters again when it is asked to', async () => {
    await using stage = await Stage.set();
    const isUnwanted = ({ event, again }: ToldEvent): boolean => event === 'room vacated' && again === undefined;
    stage.server.answer('events', (question) => ({
      status: eventsOf(question).some(isUnwanted) ? 400 : 200,
      text: 'It is as it is.',
    }));
    await using gateway = await startGateway({
      ...{ redisUrl: redis.url, redisPrefix: stage.prefix, roomRulesFile, nodeId: 'gw-1', apiKeys: API_KEY },
      eventsKinds: 'room,member,connection',
    });
    const service = await stage.start();
    const connection = await visit(gateway);
    await expect.poll(() => metricOf(service, 'dead_letters_total{reason="unwanted"}')).toBe(1);
    const resending = await fetch(`${gateway.internalUrl}/api/resendEvents`, {
      method: 'POST',
      headers: { authorization: `Bearer ${API_KEY}` },
      body: '{}',
    });
    expect(await resending.json()).toEqual({ resent: 1 });
    await expect.poll(() => metricOf(service, 'told_total{event="room vacated"}')).toBe(1);
    await expect.poll(() => metricOf(service, 'told_total{event="connection closed"}')).toBe(1);
    const taken = stage.server
      .questionsOf('events')
      .map(eventsOf)
      .filter((events) => !events.some(isUnwanted))
      .flat();
    expect(taken.filter(({ room }) => room === 'lobby').map(({ event }) => event)).toEqual(OF_A_VISIT);
    expect(taken.find(({ event }) => event === 'member joined')).toMatchObject({
      ...{ room: 'lobby', user: 'ann', count: 1, partition: partitionOf('lobby') },
    });
    expect(taken.filter((event) => 'connection' in event)).toMatchObject(
      ['connection opened', 'connection closed'].map((event) => ({
        ...{ event, connection, node: 'gw-1', user: 'ann', guest: false },
      })),
    );
    const { follower } = stage;
    expect([follower.faults, follower.members.size, follower.occupied.size]).toEqual([[], 0, 0]);
    await expectSigned(stage.server.questionsOf('events'));
    await expectDocumented(service);
    expect(await service.process.stop()).toEqual({ code: 0, signal: null });
  });

  it('tells everything in order, though your server goes away and comes back, and the one that sends is killed', async () => {
    await using stage = await Stage.set();
    const [first, second] = [await stage.start(SHORT_LEASE), await stage.start(SHORT_LEASE)];
    const both = [first, second];
    await expect
      .poll(async () => (await Promise.all(both.map((each) => metricOf(each, 'sending')))).sort())
      .toEqual([0, 1]);
    await stage.comeAndGo(usersOf(60));
    await stage.untilTold(1, eventsFor(60));
    await stage.server.goAway();
    await stage.comeAndGo(usersOf(60).slice(30));
    const sending = (await metricOf(first, 'sending')) === 1 ? first : second;
    await expect.poll(() => metricOf(sending, 'failures_total{failure="unreachable"}')).toBeGreaterThan(0);
    expect(await metricOf(sending, 'server_up')).toBe(0);
    expect(await (await fetch(`${sending.internalUrl}/readyz`)).text()).toContain('the server of events takes nothing');
    sending.process.kill();
    await stage.server.comeBack();
    await stage.untilTold(2, eventsFor(60) + ROOMS.length * (30 + 29));
    const other = sending === first ? second : first;
    await expect.poll(() => metricOf(other, 'sending')).toBe(1);
  });

  it('takes nothing that is answered too late or with a redirect for delivered, and cuts out what is not wanted', async () => {
    await using stage = await Stage.set();
    const service = await stage.start({ eventsDeadlineMs: 300 });
    stage.server.answer('events', () => 'silence');
    await stage.comeAndGo(usersOf(2));
    await expect.poll(() => metricOf(service, 'failures_total{failure="deadline"}')).toBeGreaterThan(0);
    const headers = { location: stage.server.urlOf('elsewhere') };
    stage.server.answer('events', () => ({ status: 307, text: '', headers }));
    await expect.poll(() => metricOf(service, 'failures_total{failure="status"}')).toBeGreaterThan(0);
    expect(stage.server.questionsOf('elsewhere')).toEqual([]);
    expect(await metricOf(service, 'told_total{event="member joined"}')).toBe(0);
    const isBad = ({ user, event, again }: ToldEvent): boolean =>
      user === 'user-1' && event === 'member left' && again === undefined;
    stage.server.answer('events', (question) => ({ status: eventsOf(question).some(isBad) ? 422 : 204, text: '' }));
    await expect.poll(() => metricOf(service, 'dead_letters_total{reason="unwanted"}')).toBe(ROOMS.length);
    await expect.poll(() => metricOf(service, 'told_total{event="member joined"}')).toBe(2 * ROOMS.length);
    const resent = await Promise.all(ROOMS.map((room) => stage.node.events.resend(partitionOf(room))));
    expect(resent.reduce((sum, count) => sum + count, 0)).toBe(ROOMS.length);
    await expect.poll(() => stage.told.filter(({ again }) => again === true).length).toBe(ROOMS.length);
  });
});
