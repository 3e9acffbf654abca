import type { PresentPublisher, PublisherRoster, RosterEntry } from './publisher-roster.ts';
import type { KeySpace } from '../redis/keys.ts';
import type { RedisConnection } from '../redis/connection.ts';

/** Between the symbols on offer. No symbol has one in it. */
const SEPARATOR = ',';

/** The roster as a sorted set, by Redis's clock. */
export class RedisPublisherRoster implements PublisherRoster {
  readonly #commands: RedisConnection;
  readonly #keys: KeySpace;

  constructor({ commands, keys }: { readonly commands: RedisConnection; readonly keys: KeySpace }) {
    this.#commands = commands;
    this.#keys = keys;
  }

  async attend({ publisher, offers }: RosterEntry, leaseMs: number): Promise<readonly PresentPublisher[]> {
    const { publishers, offers: offersKey } = this.#keys.roster;
    const args = [publisher, offers.join(SEPARATOR), leaseMs];
    const reply = (await this.#commands.runScript('attend', [publishers, offersKey], args)) as (Buffer | number)[];
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
    const { publishers, offers } = this.#keys.roster;
    await this.#commands.runScript('leave', [publishers, offers], [publisher]);
  }
}
