import { NOW_MS } from '../../src/redis/scripts/clock.lua.ts';
import { RedisConnection } from '../../src/redis/connection/connection.ts';
import { KeySpace } from '../../src/redis/keys.ts';
import { Script } from '../../src/redis/scripts/script-call.ts';
import { RoomKeys } from '../../src/rooms/keys.ts';
import { RedisCluster } from './redis-cluster.ts';
import { range } from './requests.ts';
import { routeTo } from './route-to.ts';

export const MINUTE_MS = 60_000;
export const TTL_MS = 60 * MINUTE_MS;
export const [EARLIER, EPOCH, NEXT] = ['epoch--1', 'epoch--2', 'epoch--3'];
/** Of the server that numbers the rooms. */
export const LINE = 'the line';
/** Before the first number that is stored: the stream has been trimmed. */
export const BASE = 100;
/** Of a message: origin, head, and the byte that a seq begins with. */
export const BODY = Buffer.from('\u0006originhead\u00cf', 'latin1');

/** A stored message; its frame is of so many bytes. */
export interface Stored {
  readonly seq: number;
  readonly at: number;
  readonly epoch?: string;
  readonly bytes?: number;
}

export interface StoredRoom {
  readonly meta: string;
  readonly stream: string;
}

/** What a script sees of the time, between two looks at what it is made of. */
const CLOCK = new Script(`${NOW_MS}
local before = redis.call('TIME')
local now = now_ms()
return { before, now, redis.call('TIME') }`);

type Time = readonly [seconds: Buffer, microseconds: Buffer];

function inMs([seconds, microseconds]: Time): number {
  return Number(seconds) * 1000 + Math.floor(Number(microseconds) / 1000);
}

/** Rooms as they are stored, for the scripts that do something to them. */
export class StoredRooms implements AsyncDisposable {
  readonly cluster: RedisCluster;
  readonly commands: RedisConnection;
  readonly #keys: RoomKeys;
  /** A room of its own for each state. */
  #count = 0;

  private constructor(cluster: RedisCluster) {
    this.cluster = cluster;
    this.commands = connectionTo(cluster.redis.url);
    this.#keys = new RoomKeys(new KeySpace(cluster.prefix));
  }

  static async start(): Promise<StoredRooms> {
    const rooms = new StoredRooms(await RedisCluster.start());
    await rooms.commands.connect(performance.now() + 20_000);
    return rooms;
  }

  async create(stored: readonly Stored[], seq: number): Promise<StoredRoom> {
    this.#count += 1;
    const { meta, stream } = this.#keys.of(`room-${String(this.#count)}`);
    const batch = this.cluster.admin.pipeline().hset(meta, { epoch: EPOCH, seq, line: LINE });
    for (const message of stored) batch.xadd(stream, `${String(message.seq)}-0`, 'm', envelope(message));
    await batch.exec();
    return { meta, stream };
  }

  async storedIn(stream: string): Promise<readonly number[]> {
    return (await this.cluster.admin.xrange(stream, '-', '+')).map(([id]) => Number.parseInt(id, 10));
  }

  /** What a script takes for the time, and the same as Redis has it before and behind that. */
  async now(): Promise<{ readonly before: number; readonly now: number; readonly after: number }> {
    const [before, now, after] = (await this.commands.runScript(CLOCK, [], [])) as [Time, number, Time];
    return { before: inMs(before), now, after: inMs(after) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.commands.close();
    await this.cluster[Symbol.asyncDispose]();
  }
}

export function connectionTo(url: string): RedisConnection {
  const server = routeTo(url);
  const ignore = (): void => undefined;
  const handler = { handleReady: ignore, handleLost: ignore, handleRefused: ignore, handleUnwritable: ignore };
  return new RedisConnection({ server, name: 'test', commandTimeoutMs: 20_000 }, handler);
}

/** As bus-envelope.ts has it. */
function envelope({ seq, at, epoch = EPOCH, bytes = 1 }: Stored): Buffer {
  const numbers = Buffer.alloc(16);
  numbers.writeBigUInt64BE(BigInt(seq), 0);
  numbers.writeBigUInt64BE(BigInt(at), 8);
  return Buffer.concat([Buffer.from(`\u0001\u0001${epoch}`), numbers, Buffer.from('\u0003abc'), Buffer.alloc(bytes)]);
}

export const seqsOf = (stored: readonly Stored[]): readonly number[] => stored.map(({ seq }) => seq);

/** So many messages, ten milliseconds after one another. */
export const messages = (count: number): readonly Stored[] =>
  range(1, count).map((i) => ({ seq: BASE + i, at: 10 * i }));
