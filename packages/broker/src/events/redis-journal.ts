import { OutcryError } from '../outcry-error.ts';
import type { KeySpace } from '../redis/keys.ts';
import type { Router } from '../redis/router.ts';
import { readField } from '../redis/server/server-info.ts';
import { EVENTS_TTL_MS, MAX_EVENTS } from './defaults.ts';
import {
  type EventJournal,
  type Holder,
  type JournalEntry,
  type JournalPage,
  type Settlement,
  TransitionKind,
} from './journal.ts';
import { eventNamesIn, type EventNames, tagOfPartition } from './keys.ts';
import { CLAIM_JOURNAL, READ_JOURNAL, RESEND_DEAD, SETTLE_JOURNAL } from './scripts/journal.lua.ts';
import { type StoredState, toPage, toState } from './to-page.ts';

export interface RedisEventJournalParts {
  readonly redis: Router;
  readonly keys: KeySpace;
  /** How many entries a partition keeps, for what is put behind them. */
  readonly maxEntries?: number | undefined;
}

/** Dead letters that go back in one step: Redis does nothing else meanwhile. */
const LETTERS_PER_STEP = 100;
/** Of each partition: as many as it may have events. */
const MAX_LETTERS = MAX_EVENTS;

const KINDS: Readonly<Record<string, TransitionKind>> = {
  o: TransitionKind.Occupied,
  j: TransitionKind.Joined,
  l: TransitionKind.Left,
  v: TransitionKind.Vacated,
};

/** A stream for each partition, which the scripts of presence write, and a hash beside it. */
export class RedisEventJournal implements EventJournal {
  readonly #parts: RedisEventJournalParts;
  /** By partition, the run of its server when it was claimed: behind another one what was written last may be gone. */
  readonly #runs = new Map<number, string>();

  constructor(parts: RedisEventJournalParts) {
    this.#parts = parts;
  }

  async claim({ partition, fence }: Holder): Promise<void> {
    const { redis } = this.#parts;
    const { journal, events, dead } = this.#namesIn(partition);
    const info = await redis.run(journal, (client) => client.info('server'));
    // Where it is kept from us, every claim finds another one.
    this.#runs.set(partition, readField(info, 'run_id') ?? crypto.randomUUID());
    const reply = await redis.runScript(CLAIM_JOURNAL, [journal, events, dead], [fence, EVENTS_TTL_MS]);
    if (reply !== 1) throw fenced(partition);
  }

  async read({ partition, fence }: Holder, max: number): Promise<JournalPage> {
    const { journal, events } = this.#namesIn(partition);
    const reply = (await this.#parts.redis.runScript(READ_JOURNAL, [journal, events], [fence, max])) as unknown[];
    if (reply.length === 0) throw fenced(partition);
    const stored = reply as [...texts: [Buffer, Buffer, Buffer, Buffer, Buffer, Buffer], size: number, raw: RawEntry[]];
    const [epoch, seq, sent, lost, undelivered, told] = stored.slice(0, 6).map(String) as [
      ...[string, string, string, string, string, string],
    ];
    const [size, raw] = [stored[6], stored[7]];
    const tag = tagOfPartition(partition);
    const state: StoredState = {
      ...{ epoch, told, seq: Number(seq), sent: Number(sent) },
      ...{ lost: Number(lost), undelivered: Number(undelivered) },
    };
    const run = this.#runs.get(partition) ?? '';
    return toPage({ tag, run, state, size, entries: raw.map((entry) => toEntry(tag, entry)) });
  }

  async settle({ partition, fence }: Holder, page: JournalPage, settlement: Settlement): Promise<void> {
    const { journal, events, dead } = this.#namesIn(partition);
    const { upTo, dead: letters } = settlement;
    const { epoch, sent, lost, undelivered, told } = toState(page, settlement, this.#runs.get(partition) ?? '');
    const kept = upTo === undefined ? '' : keyBehind(upTo.key);
    const args = [fence, epoch, sent, lost, undelivered, told, kept, EVENTS_TTL_MS, MAX_LETTERS];
    const texts = letters.flatMap(({ id, letter }) => [id, letter]);
    const reply = await this.#parts.redis.runScript(SETTLE_JOURNAL, [journal, events, dead], [...args, ...texts]);
    if (reply !== 1) throw fenced(partition);
  }

  watch(partition: number, onHappened: () => void): Promise<void> {
    return this.#parts.redis.listen(this.#namesIn(partition).happened, () => {
      onHappened();
    });
  }

  unwatch(partition: number): Promise<void> {
    return this.#parts.redis.unlisten(this.#namesIn(partition).happened);
  }

  async resend(partition: number): Promise<number> {
    const { redis, maxEntries = MAX_EVENTS } = this.#parts;
    const { journal, events, dead, happened } = this.#namesIn(partition);
    const args = [LETTERS_PER_STEP, maxEntries, EVENTS_TTL_MS, happened];
    // No more than there can be at once: what has come back meanwhile waits for the next time.
    let letters = 0;
    for (let left = MAX_LETTERS; left > 0; left -= LETTERS_PER_STEP) {
      const taken = (await redis.runScript(RESEND_DEAD, [journal, events, dead], args)) as number;
      letters += taken;
      if (taken < LETTERS_PER_STEP) break;
    }
    return letters;
  }

  #namesIn(partition: number): EventNames {
    return eventNamesIn(this.#parts.keys, tagOfPartition(partition));
  }
}

type RawEntry = readonly [key: Buffer, fields: readonly Buffer[]];

/** A stream's fields come as names and values, one after the other. */
function toEntry(tag: string, [rawKey, rawFields]: RawEntry): JournalEntry {
  const key = rawKey.toString('latin1');
  const fields = new Map<string, string>();
  for (let i = 0; i + 1 < rawFields.length; i += 2) fields.set(String(rawFields[i]), String(rawFields[i + 1]));
  const place = { key, seq: Number(fields.get('n')), at: Number(key.split('-')[0]) };
  const letter = fields.get('letter');
  if (letter !== undefined) return { ...place, letter };
  return {
    ...place,
    id: `${tag}-${key}`,
    kinds: Array.from(fields.get('k') ?? '', (kind) => KINDS[kind]).filter((kind) => kind !== undefined),
    room: fields.get('r') ?? '',
    user: fields.get('u') ?? '',
    count: Number(fields.get('c')),
  };
}

function keyBehind(key: string): string {
  const [at = '', index] = key.split('-');
  return `${at}-${String(Number(index) + 1)}`;
}

function fenced(partition: number): OutcryError {
  return new OutcryError('fenced', `somebody else takes the events of partition ${String(partition)}`);
}
