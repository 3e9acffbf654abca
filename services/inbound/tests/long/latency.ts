import { RawClient, startGateway, startInbound, TestDatabase, uniquePrefix } from '@outcry/testkit';

import { publish } from '../support/database.ts';
import type { Place, Row } from './row.ts';

const ROOM = 'lobby';
const BARS = { p50: 10, p99: 50 } as const;
/** The first ones, in which everything is run for the first time. */
const WARM_UP = 50;
const IDLE_MS = 20;

/** From the moment that a transaction is told to commit until a client of a gateway has its message, when nothing else happens. */
export async function measureLatency({ redis, postgres, samples }: Place & { samples: number }): Promise<Row[]> {
  const redisPrefix = uniquePrefix();
  const database = await TestDatabase.create(postgres);
  const gateway = await startGateway({ redisUrl: redis.url, redisPrefix });
  const inbound = await startInbound({ redisUrl: redis.url, redisPrefix, postgresUrl: database.urlOf() });
  const client = await RawClient.connect({ url: gateway.url, encoding: 'msgpack' });
  try {
    await client.request({ type: 'join', room: ROOM });
    const writer = await database.connect();
    const times: number[] = [];
    for (let n = 0; n < WARM_UP + samples; n++) {
      await new Promise((resolve) => setTimeout(resolve, IDLE_MS));
      await writer.query('BEGIN');
      await publish(writer, { room: ROOM, data: n });
      const startedAt = performance.now();
      const received = client.next('message');
      await writer.query('COMMIT');
      await received;
      times.push(performance.now() - startedAt);
    }
    const sorted = times.slice(WARM_UP).sort((a, b) => a - b);
    return Object.entries(BARS).map(([name, barMs]) => {
      const ms = sorted[Math.ceil((sorted.length * Number(name.slice(1))) / 100) - 1] ?? Infinity;
      const what = `commit to client, ${name} of ${String(samples)}`;
      return { what, bar: `${String(barMs)} ms`, found: `${ms.toFixed(1)} ms`, holds: ms <= barMs };
    });
  } finally {
    client.socket.destroy();
    await inbound[Symbol.asyncDispose]();
    await gateway[Symbol.asyncDispose]();
    await database[Symbol.asyncDispose]();
  }
}
