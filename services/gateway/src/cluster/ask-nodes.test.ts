import { MemoryHub, OutcryError } from '@outcry/broker';
import { CLOSE_CODES } from '@outcry/protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { createTestGateway, type TestClient, type TestGateway } from '../testing/create-services.ts';
import { Answering } from './answering.ts';
import { askNodes, type AskParts } from './ask-nodes.ts';
import { Attendance } from './attendance.ts';
import { OverTurns } from './over-turns.ts';
import type { NodeHealth } from './question.ts';

const HEALTH: NodeHealth = { status: 'ok', summary: 'ok', version: '0', uptimeSeconds: 1, checks: [], process: {} };

describe('askNodes', () => {
  let gateways: readonly TestGateway[];
  let attendances: readonly Attendance[];

  beforeEach(async () => {
    const hub = new MemoryHub();
    gateways = await Promise.all(['a', 'b'].map((nodeId) => createTestGateway({ nodeId }, hub)));
    attendances = await Promise.all(gateways.map((gateway, i) => attend(gateway, i)));
  });
  afterEach(async () => {
    await Promise.all(attendances.map((attendance) => attendance.stop()));
    await Promise.all(gateways.map((gateway) => gateway.stop()));
  });

  const ask = (about: Parameters<typeof askNodes>[0]) => askNodes(about, partsOf(first(gateways)));

  it('finds the connections of a user on all gateways: open ones, and why others were closed', async () => {
    const [open, closed] = gateways.map((gateway) => enter(gateway, 'ann'));
    enter(first(gateways), 'bob');
    open?.send({ type: 'join', room: 'pit' });
    await expect.poll(() => open?.socket.framesOf('joined').map(({ room }) => room)).toContain('pit');
    end(closed, CLOSE_CODES.slowConsumer.code);
    const { told, silent } = await askNodes({ what: 'connections', user: 'ann', limit: 5 }, partsOf(first(gateways)));
    expect(silent).toEqual([]);
    expect(told).toMatchObject([
      {
        node: 'a',
        answer: { connections: [{ user: 'ann', rooms: ['pit'], roomCount: 1, endpoint: '/ws' }], more: false },
      },
      { node: 'b', answer: { connections: [{ user: 'ann', closed: { by: 'client', reason: 'slow-consumer' } }] } },
    ]);
    expect(told[0]?.answer.connections[0]).not.toHaveProperty('closed');
  });

  it('tells closes by the gateway from those by clients with the same code, and from lines that broke', async () => {
    const [byGateway, byClient, byNobody] = ['ann', 'ann', 'ann'].map((user) => enter(first(gateways), user));
    byGateway?.session.close(CLOSE_CODES.disconnected);
    for (const client of [byGateway, byClient]) end(client, CLOSE_CODES.disconnected.code);
    end(byNobody, 1006);
    const { told } = await askNodes({ what: 'connections', user: 'ann', limit: 5 }, partsOf(first(gateways)));
    expect(told[0]?.answer.connections.map(({ closed }) => closed?.by)).toEqual(['network', 'client', 'gateway']);
  });

  it('says that there are more than were asked for', async () => {
    for (let i = 0; i < 3; i += 1) enter(first(gateways), 'ann');
    const page = async (limit: number) =>
      (await askNodes({ what: 'connections', user: 'ann', limit }, partsOf(first(gateways)))).told[0]?.answer;
    expect(await page(2)).toMatchObject({ connections: [{}, {}], more: true });
    expect(await page(3)).toMatchObject({ connections: [{}, {}, {}], more: false });
  });

  it('finds one connection by its name, and nothing of a name that there never was', async () => {
    const { session } = enter(first(gateways), 'ann');
    const find = (connection: string) =>
      askNodes({ what: 'connections', connection, limit: 1 }, partsOf(first(gateways)));
    const { told } = await find(session.connection);
    expect(told.flatMap(({ answer }) => answer.connections)).toMatchObject([{ connection: session.connection }]);
    expect((await find('none')).told.flatMap(({ answer }) => answer.connections)).toEqual([]);
  });

  it('names those that answer nothing in time', async () => {
    await first(gateways).backplane.nodes.attend({ id: 'old', report: report('old') }, 60_000);
    const { told, silent } = await ask({ what: 'health' });
    expect(told).toEqual(['a', 'b'].map((node) => ({ node, answer: { what: 'health', health: HEALTH } })));
    expect(silent).toEqual(['old']);
  });

  it('asks this gateway alone where the others cannot be reached, and says so', async () => {
    const parts = partsOf(first(gateways));
    const control = { tell: () => Promise.reject(new OutcryError('unavailable', 'Redis is away')) };
    expect(await askNodes({ what: 'health' }, { ...parts, control })).toEqual({
      told: [{ node: 'a', answer: { what: 'health', health: HEALTH } }],
      silent: [],
      alone: 'Redis is away',
    });
  });

  it('tells of hooks and of the archive also where there are none, and of no Redis where there is none', async () => {
    expect((await ask({ what: 'hooks' })).told[0]?.answer).toEqual({ what: 'hooks', hooks: [] });
    expect((await ask({ what: 'shards' })).told[0]?.answer).toEqual({ what: 'shards', shards: [] });
    expect((await ask({ what: 'archive' })).told[0]?.answer).toEqual({
      what: 'archive',
      archive: { archived: [], lost: 0 },
    });
  });

  it('keeps sixteen answers at once, and takes no question more', () => {
    const { services, backplane } = first(gateways);
    const answering = new Answering({ ...services, node: 'a', backplane, books: { stories: [] } });
    const taken = Array.from({ length: 17 }, (_, i) => answering.take(String(i), { what: 'books' }));
    expect(taken).toEqual([...Array.from({ length: 16 }, () => true), false]);
  });

  it('answers once what several ask who look again and again, and still has its places for others', async () => {
    const asked = await Promise.all(
      gateways.flatMap((gateway) =>
        Array.from({ length: 20 }, () => askNodes({ what: 'health' }, { ...partsOf(gateway), shares: true })),
      ),
    );
    for (const { told, silent } of asked) expect([told.length, silent]).toEqual([2, []]);
    // Two where the second has changed meanwhile.
    expect(Object.keys(first(gateways).services.answering.ready ?? {}).length).toBeLessThanOrEqual(2);
    const looked = await Promise.all(
      Array.from({ length: 30 }, (_, i) =>
        askNodes(
          { what: 'connections', user: `user ${String(i)}`, limit: 5 },
          { ...partsOf(first(gateways)), shares: true },
        ),
      ),
    );
    expect(looked.filter(({ silent }) => silent.length > 0).length).toBeGreaterThan(0);
    expect(await ask({ what: 'connections', user: 'ann', limit: 5 })).toMatchObject({ silent: [] });
  });
});

describe('OverTurns', () => {
  it('lets others run between the parts of a long walk', async () => {
    let turns = 0;
    let isOver = false;
    const count = (): void => {
      turns += 1;
      if (!isOver) setImmediate(count);
    };
    setImmediate(count);
    const visited: number[] = [];
    await new OverTurns().each(
      Array.from({ length: 1000 }, (_, i) => i),
      (i) => {
        visited.push(i);
        const until = performance.now() + 0.05;
        while (performance.now() < until);
        return i < 900;
      },
    );
    isOver = true;
    expect(visited).toHaveLength(901);
    expect(turns).toBeGreaterThan(5);
  });
});

async function attend({ services, backplane, config }: TestGateway, index: number): Promise<Attendance> {
  const { answering, logger } = services;
  answering.watchHealth(() => HEALTH);
  const attendance = new Attendance({
    ...{ id: String(index), nodes: backplane.nodes, logger },
    report: () =>
      JSON.parse(report(config.nodeId)) as ReturnType<ConstructorParameters<typeof Attendance>[0]['report']>,
    extras: () => ({ answers: answering.ready }),
    onReturn: () => undefined,
  });
  answering.watch(() => void attendance.tell());
  await attendance.start();
  return attendance;
}

function partsOf({ backplane: { control, nodes }, services: { answering } }: TestGateway): AskParts {
  return { control, nodes, own: answering };
}

function report(node: string): string {
  return JSON.stringify({ node, startedAt: 0, connections: 0, rooms: 0, books: 0, isReady: true });
}

/** As the reception lets somebody in. */
function enter(gateway: TestGateway, user: string): TestClient {
  const client = gateway.connect(user);
  gateway.services.connections.add(client.session);
  return client;
}

function end(client: TestClient | undefined, code: number): void {
  client?.session.closed(code);
}

function first<T>([one]: readonly T[]): T {
  if (one === undefined) throw new Error('there is none');
  return one;
}
