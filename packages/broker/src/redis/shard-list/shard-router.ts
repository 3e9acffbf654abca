import type { Redis } from 'ioredis';
import type { KeySpace } from '../keys.ts';
import type { Router } from '../router.ts';
import type { Script, ScriptArgument } from '../scripts/script-call.ts';
import type { ServerLine } from '../server/server-line.ts';
import type { Shard } from '../shard/shard.ts';
import type { ChannelListener } from '../connection/subscriber.ts';

/** Servers that know nothing of each other, each with the partitions that are its own for good. */
export class ShardRouter implements Router {
  readonly #keys: KeySpace;
  /** By partition. */
  readonly #owners: readonly Shard[];
  readonly #shards: readonly Shard[];

  constructor(keys: KeySpace, owners: readonly Shard[]) {
    this.#keys = keys;
    this.#owners = owners;
    this.#shards = [...new Set(owners)];
  }

  run<T>(name: string, command: (redis: Redis) => Promise<T>): Promise<T> {
    return this.#of(name).commands.run(command);
  }

  runScript(script: Script, keys: readonly [string, ...string[]], args: readonly ScriptArgument[]): Promise<unknown> {
    return this.#of(keys[0]).commands.runScript(script, keys, args);
  }

  beforeNext(name: string, send: () => void): void {
    this.#of(name).commands.beforeNext(send);
  }

  /** No server hands anything to another. */
  follow(): Promise<void> {
    return Promise.resolve();
  }

  publish(channel: string, payload: string | Buffer): Promise<number> {
    return this.run(channel, (redis) => redis.publish(channel, payload));
  }

  listen(channel: string, listener: ChannelListener): Promise<void> {
    return this.#of(channel).subscriber.add(channel, listener);
  }

  unlisten(channel: string): Promise<void> {
    return this.#of(channel).subscriber.remove(channel);
  }

  async channels(pattern: string): Promise<readonly string[]> {
    const lists = await Promise.all(
      this.#shards.map(({ commands }) => commands.run((redis) => redis.pubsub('CHANNELS', pattern))),
    );
    return lists.flat().map(String);
  }

  assertWritable(name: string): void {
    this.#of(name).storage.assertWritable();
  }

  assertReady(name: string): void {
    this.#of(name).commands.assertReady();
  }

  assertOpen(): void {
    for (const { commands } of this.#shards) commands.assertOpen();
  }

  lineOf(name: string): ServerLine {
    return this.#of(name).line;
  }

  addressOf(name: string): string {
    return this.#of(name).commands.address;
  }

  #of(name: string): Shard {
    const shard = this.#owners[this.#keys.partitionIn(name)];
    if (shard === undefined) throw new TypeError(`expected a name of ours in Redis: ${name}`);
    return shard;
  }
}
