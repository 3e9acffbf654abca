import { OutcryError } from '@outcry/broker';
import type { Joined, JoinRequest } from '@outcry/worker';
import { Redis } from 'ioredis';
import { randomUUID } from 'node:crypto';

import type { InboundMessage } from '../../delivery/inbound-message.ts';
import type { Settlement, StreamPage, StreamRequest, StreamStore } from '../stream-store.ts';
import { CLAIM, IDENTIFY, JOIN, MEASURE, READ, SETTLE } from './scripts.ts';
import { StreamWait } from './stream-wait.ts';
import { toFault } from './to-fault.ts';

export interface RedisStreamOptions {
  readonly url: string;
  readonly keys: readonly string[];
  readonly mustTrim: boolean;
}

const MAX_ENTRIES = 256;
/** Of a page, and of the text of one entry that is looked at. */
const MAX_BYTES = 4 * 1024 * 1024;
/** Entries that are put aside; past it the oldest go. */
const MAX_REFUSED = 10_000;
/** Of one text of an entry that is put aside. */
const MAX_REFUSED_BYTES = 64 * 1024;
/** Entries that are counted in one stream. */
const MAX_COUNTED = 1000;
const COMMAND_TIMEOUT_MS = 5000;
const MAX_RETRY_MS = 2000;

type Entry = readonly [
  id: string,
  room: string | null,
  data: string | null,
  key: string | null,
  isLong: number,
  traceparent: string | null,
];

/** Streams in Redis, each with a hash for its cursor beside it, in the same slot. */
export class RedisStreamStore implements StreamStore {
  readonly #options: RedisStreamOptions;
  readonly #redis: Redis;
  readonly #wait: StreamWait;

  constructor(options: RedisStreamOptions) {
    this.#options = options;
    this.#redis = new Redis(options.url, {
      connectionName: 'outcry-inbound-stream',
      commandTimeout: COMMAND_TIMEOUT_MS,
      maxRetriesPerRequest: 1,
      retryStrategy: (attempt) => Math.min(50 * 2 ** attempt, MAX_RETRY_MS),
    });
    // Each command says what is wrong; a connection that is lost and found again is nobody else's business.
    this.#redis.on('error', () => undefined);
    this.#wait = new StreamWait(this.#redis, COMMAND_TIMEOUT_MS);
  }

  async identify(stream: string): Promise<string> {
    const [id, type] = (await this.#run(IDENTIFY, [stateOf(stream), stream], [randomUUID()])) as [string, string];
    if (type !== 'stream' && type !== 'none') {
      throw new OutcryError('badConfig', `OUTCRY_STREAM_KEYS: ${stream} is a ${type}, expected a stream`);
    }
    return id;
  }

  async claim({ stream, fence }: StreamRequest): Promise<void> {
    await this.#run(CLAIM, [stateOf(stream)], [fence]);
  }

  async read({ stream, fence }: StreamRequest): Promise<StreamPage> {
    const args = [fence, MAX_ENTRIES, MAX_BYTES, MAX_BYTES];
    const entries = (await this.#run(READ, [stateOf(stream), stream], args)) as readonly Entry[];
    const tooLong = new Set(entries.filter(([, , , , isLong]) => isLong === 1).map(([id]) => id));
    return { messages: entries.map(toMessage), tooLong };
  }

  async settle({ stream, fence }: StreamRequest, { upTo, refused }: Settlement): Promise<void> {
    const keys = [stateOf(stream), stream, refusedOf(stream)];
    const aside = refused.flatMap(({ id, reason, detail }) => [id, reason, detail]);
    const args = [fence, upTo, this.#options.mustTrim ? 1 : 0, MAX_REFUSED, MAX_REFUSED_BYTES, ...aside];
    await this.#run(SETTLE, keys, args);
  }

  async wait({ stream }: StreamRequest, ms: number, signal: AbortSignal): Promise<void> {
    const cursor = await this.#call(() => this.#redis.hget(stateOf(stream), 'cursor'));
    await this.#call(() => this.#wait.until(stream, { after: cursor ?? '0-0', ms, signal }));
  }

  async join({ service, forMs, seen = '' }: JoinRequest): Promise<Joined> {
    const keys = [this.#services, stateOf(this.#first)];
    const reply = await this.#run(JOIN, keys, [service, forMs, seen, randomUUID()]);
    const [cluster, services] = reply as [string, readonly string[]];
    return { cluster, services, fences: await this.#readFences() };
  }

  async leave(service: string): Promise<void> {
    await this.#call(() => this.#redis.zrem(this.#services, service));
  }

  /** Of streams that nobody has claimed there is none. */
  async #readFences(): Promise<ReadonlyMap<string, number>> {
    const { keys } = this.#options;
    const fences = await this.#call(() =>
      Promise.all(keys.map((stream) => this.#redis.hget(stateOf(stream), 'fence'))),
    );
    return new Map(keys.flatMap((stream, i) => (fences[i] === null ? [] : [[stream, Number(fences[i])]])));
  }

  async measureLag(): Promise<{ readonly rows: number; readonly seconds: number }> {
    let [rows, oldestMs] = [0, 0];
    for (const stream of this.#options.keys) {
      const [waiting, ageMs] = (await this.#run(MEASURE, [stateOf(stream), stream], [MAX_COUNTED])) as [number, number];
      rows += waiting;
      oldestMs = Math.max(oldestMs, ageMs);
    }
    return { rows, seconds: oldestMs / 1000 };
  }

  close(): Promise<void> {
    this.#wait.close();
    this.#redis.disconnect();
    return Promise.resolve();
  }

  /** Who reads the same streams divides them with this one. */
  get #services(): string {
    return besides(this.#first, 'services');
  }

  get #first(): string {
    return this.#options.keys[0] ?? '';
  }

  #run(script: string, keys: readonly string[], args: readonly (string | number)[]): Promise<unknown> {
    return this.#call(() => this.#redis.eval(script, keys.length, ...keys, ...args));
  }

  async #call<T>(call: () => Promise<T>): Promise<T> {
    try {
      return await call();
    } catch (err) {
      throw toFault(err);
    }
  }
}

function toMessage([id, room, data, key, , traceparent]: Entry): InboundMessage {
  const more = { ...(key === null ? {} : { key }), ...(traceparent === null ? {} : { traceparent }) };
  return { id, room: room ?? '', data: data ?? '', ...more };
}

/** The hash in which it is written what is known of a stream. */
export function stateOf(stream: string): string {
  return besides(stream, 'outcry');
}

function refusedOf(stream: string): string {
  return besides(stream, 'refused');
}

/** In the slot of the stream: https://redis.io/docs/latest/operate/oss_and_stack/reference/cluster-spec/#hash-tags */
function besides(stream: string, what: string): string {
  return /\{[^}]+\}/.test(stream) ? `${stream}:${what}` : `{${stream}}:${what}`;
}
