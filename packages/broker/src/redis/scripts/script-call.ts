import { Command } from 'ioredis';
import { createHash } from 'node:crypto';

export type ScriptArgument = string | number | Buffer;

export interface ScriptOptions {
  /** Has Redis refuse whatever it would write, and asks for the right to read its keys alone. */
  readonly isReadOnly?: boolean;
  /**
   * Its calls have an order, and are told which server they are for. One that is not carried out, because its partition is elsewhere or on
   * its way, is not made again by a router: whoever calls is told, by a `RedirectError`.
   */
  readonly isOrdered?: boolean;
}

/** What of Redis Cluster's own stands for what is said to all servers of it. */
const SHARDED = [
  ["redis.call('PUBLISH'", "redis.call('SPUBLISH'"],
  ["redis.call('PUBSUB', 'NUMSUB'", "redis.call('PUBSUB', 'SHARDNUMSUB'"],
] as const;

/** A Lua script, and the digest by which Redis knows it once it has run it. */
export class Script {
  readonly #lua: string;
  readonly #digest: string;
  readonly #suffix: '' | '_ro';
  readonly #options: ScriptOptions;
  #sharded: Script | undefined;

  constructor(lua: string, options: ScriptOptions = {}) {
    this.#lua = lua;
    this.#options = options;
    this.#suffix = options.isReadOnly === true ? '_ro' : '';
    this.#digest = createHash('sha1').update(lua).digest('hex');
  }

  /**
   * A script that runs when Redis is over its `maxmemory`, too: for what has a bound of its own, by the nodes, connections and
   * symbols that there are. Without it a Redis full of messages would also lose who is there, its books and its limits.
   */
  static bounded(lua: string): Script {
    return new this(`#!lua flags=allow-oom\n${lua}`);
  }

  get isOrdered(): boolean {
    return this.#options.isOrdered === true;
  }

  /** The same for a Redis Cluster, where what is published goes to those who listen at the server of its keys. */
  get sharded(): Script {
    this.#sharded ??= new Script(
      SHARDED.reduce((lua, [one, other]) => lua.replaceAll(one, other), this.#lua),
      this.#options,
    );
    return this.#sharded;
  }

  /** EVALSHA, or EVALSHA_RO. Fails with `NOSCRIPT` where Redis does not know the script. */
  callByDigest(keys: readonly string[], args: readonly ScriptArgument[]): Command {
    return new ScriptCall(`evalsha${this.#suffix}`, [this.#digest, keys.length, ...keys, ...args]);
  }

  /** EVAL, or EVAL_RO, from which Redis knows it. */
  callByText(keys: readonly string[], args: readonly ScriptArgument[]): Command {
    return new ScriptCall(`eval${this.#suffix}`, [this.#lua, keys.length, ...keys, ...args]);
  }
}

/** A command that is made into bytes once, at once; strings in its reply are buffers. */
class ScriptCall extends Command {
  readonly #request: Buffer;

  constructor(name: string, args: readonly ScriptArgument[]) {
    super(name);
    this.#request = encodeCommand([name, ...args]);
  }

  override toWritable(): Buffer {
    return this.#request;
  }
}

/** An array of bulk strings: https://redis.io/docs/latest/develop/reference/protocol-spec/#sending-commands-to-a-redis-server */
function encodeCommand(parts: readonly ScriptArgument[]): Buffer {
  // What lies between two buffers is one text.
  const pieces: (string | Buffer)[] = [];
  let bytes = 0;
  let text = `*${String(parts.length)}\r\n`;
  for (const part of parts) {
    if (typeof part === 'object') {
      text += `$${String(part.length)}\r\n`;
      pieces.push(text, part);
      bytes += Buffer.byteLength(text) + part.length;
      text = '\r\n';
    } else {
      const value = String(part);
      text += `$${String(Buffer.byteLength(value))}\r\n${value}\r\n`;
    }
  }
  pieces.push(text);
  return join(pieces, bytes + Buffer.byteLength(text));
}

function join(pieces: readonly (string | Buffer)[], bytes: number): Buffer {
  const joined = Buffer.allocUnsafe(bytes);
  let at = 0;
  for (const piece of pieces) at += typeof piece === 'string' ? joined.write(piece, at) : piece.copy(joined, at);
  return joined;
}
