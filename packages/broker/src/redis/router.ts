import type { Redis } from 'ioredis';
import type { Redirect } from './faults/redirect.ts';
import type { Script, ScriptArgument } from './scripts/script-call.ts';
import type { ServerLine } from './server/server-line.ts';
import type { ChannelListener } from './connection/subscriber.ts';

/**
 * The Redis of a cluster, however many servers it is. Where something is, its name says (`KeySpace`): what has one partition tag is on
 * one server, and carried out in one step there.
 *
 * A command is sent at once or refused, never queued for later and never sent twice; it settles within the command time limit. All
 * calls reject with an `OutcryError`: `unavailable`, of which an `UnwritableError` is one, or `closed`.
 */
export interface Router {
  /** Runs a command on the server of a key or a channel. The connection is lent to `command` for the duration of the call. */
  run<T>(name: string, command: (redis: Redis) => Promise<T>): Promise<T>;
  /** Runs a script in one step; all keys, and channels among the arguments, have the tag of the first key. Strings in its reply are buffers. */
  runScript(script: Script, keys: readonly [string, ...string[]], args: readonly ScriptArgument[]): Promise<unknown>;
  /**
   * Calls back once, before the next command for the server of a name, and at the latest at the end of this turn of the loop, or of the
   * window that it gathers for (outlet.ts), before its commands leave: for what puts several together. So commands are carried out in the order in which whoever makes them was asked.
   */
  beforeNext(name: string, send: () => void): void;
  /**
   * Waits until what was not carried out for the reason that is given may be, if it is made again: for a script that has an order. Never
   * rejects.
   */
  follow(name: string, redirect: Redirect): Promise<void>;
  /** Resolves with how many connections were told. */
  publish(channel: string, payload: string | Buffer): Promise<number>;
  /** Listens from now on; resolves when that is acknowledged. A later loss is made good by itself. */
  listen(channel: string, listener: ChannelListener): Promise<void>;
  /** Stops listening at once. Never rejects. */
  unlisten(channel: string): Promise<void>;
  /** The channels that anybody listens to, by a pattern, on all servers. */
  channels(pattern: string): Promise<readonly string[]>;
  /** @throws UnwritableError where whatever has the tag of this name cannot be stored, as far as is known */
  assertWritable(name: string): void;
  /** @throws OutcryError `unavailable` or `closed` where a command for the server of this name would be refused */
  assertReady(name: string): void;
  /** @throws OutcryError `closed` behind `close` */
  assertOpen(): void;
  /** Of the server of a name. */
  lineOf(name: string): ServerLine;
  /** Where a name is, fit to be shown. */
  addressOf(name: string): string;
}
