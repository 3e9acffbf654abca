import type { Position } from '@outcry/protocol';
import { PARTITION_TAGS } from '../partition.ts';
import type { Router } from '../redis/router.ts';
import type { AnnouncedRoom, ArchiveSource, PageLimit, StoredPage } from './archive-source.ts';
import { decodeEnvelope } from './bus-envelope.ts';
import type { RoomKeys } from './keys.ts';
import { DISMISS } from './scripts/announce.lua.ts';
import { READ_STORED } from './scripts/read-stored.lua.ts';
import { RELEASE, SETTLE } from './scripts/release.lua.ts';
import { UNARCHIVED_MS } from './scripts/unarchived.ts';

/** Rooms of the list that are read at once. */
const LIST_PAGE = 1000;

export interface RedisArchiveSourceParts {
  readonly redis: Router;
  readonly keys: RoomKeys;
}

/** The streams of rooms, and a list by partition of those that are archived, which whoever publishes keeps. */
export class RedisArchiveSource implements ArchiveSource {
  readonly #parts: RedisArchiveSourceParts;

  constructor(parts: RedisArchiveSourceParts) {
    this.#parts = parts;
  }

  watch(partition: number, onAnnounced: (room: string) => void): Promise<void> {
    return this.#parts.redis.listen(this.#namesIn(partition).archives, (payload) => {
      onAnnounced(payload.toString());
    });
  }

  unwatch(partition: number): Promise<void> {
    return this.#parts.redis.unlisten(this.#namesIn(partition).archives);
  }

  async list(partition: number, since: number): Promise<readonly AnnouncedRoom[]> {
    const { archived } = this.#namesIn(partition);
    const rooms = new Map<string, number>();
    let [from, limit] = [since, LIST_PAGE];
    for (;;) {
      const page = await this.#readList(archived, from, limit);
      for (const { room, announcedAt } of page) rooms.set(room, announcedAt);
      const last = page.at(-1)?.announcedAt ?? from;
      if (page.length < limit) break;
      // By time, not by place: what is announced meanwhile moves to the end. More of one time than a page has takes a larger one.
      limit = last === from ? 2 * limit : LIST_PAGE;
      from = last;
    }
    return [...rooms].map(([room, announcedAt]) => ({ room, announcedAt }));
  }

  async read(room: string, seen: Position | undefined, limit: PageLimit): Promise<StoredPage | undefined> {
    const { meta, stream } = this.#parts.keys.of(room);
    const args = [seen?.epoch ?? '', seen?.seq ?? 0, limit.messages, limit.bytes];
    const reply = await this.#parts.redis.runScript(READ_STORED, [meta, stream], args);
    const [now, epoch, seq, past, isStored, envelopes] = reply as [
      number,
      Buffer?,
      number?,
      Buffer?,
      number?,
      Buffer[]?,
    ];
    if (epoch === undefined || seq === undefined) return undefined;
    return {
      now,
      head: { epoch: epoch.toString('latin1'), seq },
      ended: readEnds(past?.toString('latin1') ?? ''),
      isStored: isStored === 1,
      messages: (envelopes ?? []).flatMap((bytes) => {
        const envelope = decodeEnvelope(room, bytes);
        return envelope?.kind === 'message' ? [envelope.message] : [];
      }),
    };
  }

  async release(room: string, { epoch, seq }: Position): Promise<void> {
    const { kept } = this.#parts.keys.of(room);
    await this.#parts.redis.runScript(RELEASE, [kept], [epoch, seq, UNARCHIVED_MS]);
  }

  async settle(room: string, { epoch, seq }: Position): Promise<void> {
    const { kept, stream } = this.#parts.keys.of(room);
    await this.#parts.redis.runScript(SETTLE, [kept, stream], [epoch, seq, UNARCHIVED_MS]);
  }

  async dismiss({ room, announcedAt }: AnnouncedRoom): Promise<void> {
    await this.#parts.redis.runScript(DISMISS, [this.#parts.keys.archiveOf(room).archived], [room, announcedAt]);
  }

  #namesIn(partition: number): { readonly archived: string; readonly archives: string } {
    const tag = PARTITION_TAGS[partition];
    if (tag === undefined) throw new RangeError(`expected a partition from 0 to ${String(PARTITION_TAGS.length - 1)}`);
    return this.#parts.keys.archiveIn(tag);
  }

  async #readList(archived: string, since: number, limit: number): Promise<readonly AnnouncedRoom[]> {
    const reply = await this.#parts.redis.run(archived, (redis) =>
      redis.zrangebyscore(archived, since, '+inf', 'WITHSCORES', 'LIMIT', 0, limit),
    );
    return Array.from({ length: reply.length / 2 }, (_, i) => ({
      room: reply[2 * i] ?? '',
      announcedAt: Number(reply[2 * i + 1]),
    }));
  }
}

/** `<epoch>:<last seq> …` (scripts/functions.lua.ts). */
function readEnds(past: string): ReadonlyMap<string, number> {
  return new Map([...past.matchAll(/(\S+):(\d+)/g)].map(([, epoch = '', seq]) => [epoch, Number(seq)]));
}
