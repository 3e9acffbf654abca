import type { KeySpace } from '../redis/keys.ts';
import type { Router } from '../redis/router.ts';
import { publisherNames } from './keys.ts';
import type { PresentPublisher, PublisherRoster, RosterEntry } from './publisher-roster.ts';
import { LEAVE } from './scripts/leave.lua.ts';
import { ATTEND } from './scripts/publisher-roster.lua.ts';

/** Between the symbols on offer. No symbol has one in it. */
const SEPARATOR = ',';

/** The roster as a sorted set, by Redis's clock. */
export class RedisPublisherRoster implements PublisherRoster {
  readonly #redis: Router;
  readonly #keys: readonly [publishers: string, offers: string];

  constructor({ redis, keys }: { readonly redis: Router; readonly keys: KeySpace }) {
    this.#redis = redis;
    const { present, offers } = publisherNames(keys);
    this.#keys = [present, offers];
  }

  async attend({ publisher, offers }: RosterEntry, leaseMs: number): Promise<readonly PresentPublisher[]> {
    const args = [publisher, offers.join(SEPARATOR), leaseMs];
    const reply = (await this.#redis.runScript(ATTEND, this.#keys, args)) as (Buffer | number)[];
    const present: PresentPublisher[] = [];
    for (let i = 0; i < reply.length; i += 3) {
      const offered = String(reply[i + 1]);
      present.push({
        publisher: String(reply[i]),
        offers: offered === '' ? [] : offered.split(SEPARATOR),
        remainingMs: Number(reply[i + 2]),
      });
    }
    return present;
  }

  async leave(publisher: string): Promise<void> {
    await this.#redis.runScript(LEAVE, this.#keys, [publisher]);
  }
}
