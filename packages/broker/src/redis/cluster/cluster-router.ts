import type { Redis } from 'ioredis';
import { setTimeout as delay } from 'node:timers/promises';
import type { ClusterPartition } from './cluster-partition.ts';
import type { RedisConnection } from '../connection/connection.ts';
import type { KeySpace } from '../keys.ts';
import { type Redirect, RedirectError } from '../faults/redirect.ts';
import type { Router } from '../router.ts';
import type { Script, ScriptArgument } from '../scripts/script-call.ts';
import type { ServerLine } from '../server/server-line.ts';
import type { Shard } from '../shard/shard.ts';
import type { ChannelListener } from '../connection/subscriber.ts';
import type { HostAddress } from '../routes/topology.ts';

/** Before what was half here and half there is asked for again. */
const TRY_AGAIN_MS = 100;
/** What has taken more than this part of the time of a command is not made again: whoever waits for it is to hear in time. */
const REPEATED_WITHIN = 1 / 3;

export interface ClusterRouterPort {
  readonly keys: KeySpace;
  readonly commandTimeoutMs: number;
  /** Of channels of all servers, by name. */
  readonly listeners: Map<string, ChannelListener>;
  partition(number: number): ClusterPartition;
  shards(): readonly Shard[];
  /** @throws OutcryError `closed` */
  assertOpen(): void;
  /** Finds out where a partition is, and resolves as soon as it can be used there, or in a while. Never rejects. */
  findOwner(partition: ClusterPartition): Promise<void>;
  /** The slot of a partition is on its way to the server at an address. Resolves with that as soon as it can be used, or in a while. */
  findImporting(partition: ClusterPartition, address: HostAddress): Promise<Shard>;
}

interface Attempt {
  readonly connection: RedisConnection;
  /** The slot is on its way there. */
  readonly isAsked: boolean;
}

type Send<T> = (attempt: Attempt) => Promise<T>;

/**
 * The servers of a Redis Cluster. What has one partition tag is in one slot, which may go to another server at any time. What is answered
 * with `MOVED`, `ASK` or `TRYAGAIN` has not been carried out, so it is made once more for each of them where that says, in time: it is
 * neither queued nor sent twice.
 */
export class ClusterRouter implements Router {
  readonly #port: ClusterRouterPort;

  constructor(port: ClusterRouterPort) {
    this.#port = port;
  }

  run<T>(name: string, command: (redis: Redis) => Promise<T>): Promise<T> {
    return this.#carryOut(name, ({ connection, isAsked }) =>
      isAsked ? connection.runAsked(command) : connection.run(command),
    );
  }

  runScript(script: Script, keys: readonly [string, ...string[]], args: readonly ScriptArgument[]): Promise<unknown> {
    const { sharded } = script;
    const send: Send<unknown> = ({ connection, isAsked }) =>
      isAsked ? connection.runScriptAsked(sharded, keys, args) : connection.runScript(sharded, keys, args);
    return this.#carryOut(keys[0], send, sharded.isOrdered);
  }

  beforeNext(name: string, send: () => void): void {
    this.#at(name).owner.commands.beforeNext(send);
  }

  async follow(name: string, redirect: Redirect): Promise<void> {
    await this.#next(name, redirect, { connection: this.#at(name).owner.commands, isAsked: false });
  }

  publish(channel: string, payload: string | Buffer): Promise<number> {
    return this.run(channel, (redis) => redis.spublish(channel, payload) as Promise<number>);
  }

  async listen(channel: string, listener: ChannelListener): Promise<void> {
    const { listeners } = this.#port;
    const { channels } = this.#at(channel);
    listeners.set(channel, listener);
    channels.add(channel);
    try {
      await this.#carryOut(channel, () => this.#at(channel).owner.subscriber.subscribe([channel]));
      // Where that fails it is heard when the slot has arrived.
      await this.#at(channel)
        .importing?.subscriber.subscribe([channel], true)
        .catch(() => undefined);
    } catch (error) {
      if (listeners.get(channel) === listener) void this.unlisten(channel);
      throw error;
    }
  }

  async unlisten(channel: string): Promise<void> {
    const { channels, owner, importing } = this.#at(channel);
    channels.delete(channel);
    if (!this.#port.listeners.delete(channel)) return;
    await Promise.all([owner.subscriber.forget(channel), importing?.subscriber.forget(channel)]);
  }

  async channels(pattern: string): Promise<readonly string[]> {
    const lists = await Promise.all(
      this.#port.shards().map(({ commands }) => commands.run((redis) => redis.pubsub('SHARDCHANNELS', pattern))),
    );
    return [...new Set(lists.flat().map(String))];
  }

  assertWritable(name: string): void {
    this.#at(name).owner.storage.assertWritable();
  }

  assertReady(name: string): void {
    this.#at(name).owner.commands.assertReady();
  }

  assertOpen(): void {
    this.#port.assertOpen();
  }

  lineOf(name: string): ServerLine {
    return this.#at(name).owner.line;
  }

  addressOf(name: string): string {
    return this.#at(name).owner.commands.address;
  }

  /** The first attempt is made at once, so that commands leave in the order in which they are asked for. */
  async #carryOut<T>(name: string, send: Send<T>, isOrdered = false): Promise<T> {
    const until = performance.now() + this.#port.commandTimeoutMs * REPEATED_WITHIN;
    const seen = new Set<Redirect['kind']>();
    let attempt: Attempt = { connection: this.#at(name).owner.commands, isAsked: false };
    for (;;) {
      try {
        return await send(attempt);
      } catch (error) {
        if (!(error instanceof RedirectError)) throw error;
        const { redirect } = error;
        const isForCaller = isOrdered && redirect.kind !== 'ask';
        if (isForCaller || seen.has(redirect.kind) || performance.now() > until) throw error;
        seen.add(redirect.kind);
        attempt = await this.#next(name, redirect, attempt);
      }
    }
  }

  async #next(name: string, redirect: Redirect, attempt: Attempt): Promise<Attempt> {
    switch (redirect.kind) {
      case 'moved':
        await this.#port.findOwner(this.#at(name));
        return { connection: this.#at(name).owner.commands, isAsked: false };
      case 'ask': {
        const { commands } = await this.#port.findImporting(this.#at(name), redirect);
        return { connection: commands, isAsked: true };
      }
      case 'tryAgain':
        await delay(TRY_AGAIN_MS);
        return attempt;
    }
  }

  #at(name: string): ClusterPartition {
    return this.#port.partition(this.#port.keys.partitionIn(name));
  }
}
