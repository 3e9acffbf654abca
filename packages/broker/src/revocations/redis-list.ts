import { OutcryError } from '../outcry-error.ts';
import type { BackplaneEvents } from '../redis/events.ts';
import type { KeySpace } from '../redis/keys.ts';
import type { Router } from '../redis/router.ts';
import { MAX_REVOCATIONS } from './defaults.ts';
import { revocationNames } from './keys.ts';
import type { Revocation, RevocationList } from './list.ts';
import { decodeRevocation, encodeRevocation } from './record.ts';
import { REVOKE } from './scripts/revoke.lua.ts';

export interface RedisRevocationListParts {
  readonly redis: Router;
  readonly keys: KeySpace;
  readonly events: BackplaneEvents;
}

/** Calls that wait for Redis at a time when revocations are stored again. */
const STORED_AT_ONCE = 100;

/** Revocations in a sorted set, each told over a channel when it comes. */
export class RedisRevocationList implements RevocationList {
  readonly #parts: RedisRevocationListParts;
  readonly #names: ReturnType<typeof revocationNames>;
  #onRevoked: ((revocation: Revocation) => void) | undefined;
  /** By record, to be stored again where the store has lost them. */
  readonly #known = new Map<string, Revocation>();

  constructor(parts: RedisRevocationListParts) {
    this.#parts = parts;
    this.#names = revocationNames(parts.keys);
  }

  async watch(onRevoked: (revocation: Revocation) => void): Promise<void> {
    this.#onRevoked = onRevoked;
    for (const revocation of this.#known.values()) onRevoked(revocation);
    // Listens first: what comes between this and the reading is told twice, and not missed.
    await this.#parts.redis.listen(this.#names.channel, (payload) => {
      this.#take(payload.toString());
    });
    await this.#read();
  }

  async revoke(revocation: Revocation): Promise<void> {
    if (!(await this.#store(revocation))) throw fullError();
  }

  /** Behind a loss of the connection: learns what was missed, and stores again what was lost, as far as there is room. */
  async catchUp(): Promise<void> {
    if (this.#onRevoked === undefined) return;
    const stored = await this.#read();
    this.#forgetExpired();
    const lost = [...this.#known].filter(([record, { expiresAt }]) => (stored.get(record) ?? 0) < expiresAt);
    while (lost.length > 0) {
      const areStored = await Promise.all(
        lost.splice(0, STORED_AT_ONCE).map(([, revocation]) => this.#store(revocation)),
      );
      if (areStored.includes(false)) {
        this.#parts.events.onFault?.(fullError());
        return;
      }
    }
  }

  async #store(revocation: Revocation): Promise<boolean> {
    const { set, channel } = this.#names;
    const args = [encodeRevocation(revocation), revocation.expiresAt, MAX_REVOCATIONS, channel];
    return (await this.#parts.redis.runScript(REVOKE, [set], args)) === 1;
  }

  /** Ends by record. */
  async #read(): Promise<ReadonlyMap<string, number>> {
    const { set } = this.#names;
    const reply = await this.#parts.redis.run(set, (redis) => redis.zrangebyscore(set, '-inf', '+inf', 'WITHSCORES'));
    const stored = new Map<string, number>();
    for (let i = 0; i + 1 < reply.length; i += 2) {
      const [record = '', expiresAt = ''] = reply.slice(i, i + 2);
      stored.set(record, Number(expiresAt));
      this.#take(`${expiresAt} ${record}`);
    }
    return stored;
  }

  /** `<end> <record>` */
  #take(text: string): void {
    const split = text.indexOf(' ');
    const record = text.slice(split + 1);
    const revocation = decodeRevocation(text.slice(0, split), record);
    // Only when there are many: a look at all of them for each that comes would cost more than they do.
    if (this.#known.size >= MAX_REVOCATIONS) this.#forgetExpired();
    if (revocation === undefined || revocation.expiresAt <= Date.now()) return;
    // The same one with a later end goes on for longer.
    if (revocation.expiresAt <= (this.#known.get(record)?.expiresAt ?? 0)) return;
    this.#known.set(record, revocation);
    this.#onRevoked?.(revocation);
  }

  #forgetExpired(): void {
    for (const [record, { expiresAt }] of this.#known) if (expiresAt <= Date.now()) this.#known.delete(record);
  }
}

function fullError(): OutcryError {
  return new OutcryError('unavailable', `${String(MAX_REVOCATIONS)} revocations are in force, no more are stored`);
}
