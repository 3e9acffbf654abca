import type { ArchivePage, ArchiveRange, RoomArchive } from './room-archive.ts';

/** Forward pages begin behind a multiple of this: so whoever comes back, from wherever, reads the same ones. */
const STEP = 256;
/** What was read is had again for so long: a page is of what was said long ago, but some of it may be erased. */
const KEPT_MS = 1000;
/** The oldest goes where there are more: with pages of 64 KiB, for those who come back, 4 MiB. */
const MAX_PAGES = 64;

export interface SharedRoomArchiveOptions {
  /** Told of each page that was not asked for, as somebody else had asked for it. */
  readonly onSpared: () => void;
}

/**
 * Reads forward for many at once. When a gateway was lost a thousand clients come back to one room, each from a place of its own; of
 * what they are sent nearly all is the same.
 */
export class SharedRoomArchive implements RoomArchive {
  readonly #archive: RoomArchive;
  readonly #onSpared: () => void;
  readonly #pages = new Map<string, Promise<ArchivePage>>();

  constructor(archive: RoomArchive, { onSpared }: SharedRoomArchiveOptions) {
    this.#archive = archive;
    this.#onSpared = onSpared;
  }

  async read(range: ArchiveRange): Promise<ArchivePage> {
    const { after, limit } = range;
    if (after === undefined) return this.#archive.read(range);
    const page = await this.#readShared({ ...range, after: after - (after % STEP), limit: STEP });
    const behind = page.messages.filter(({ position }) => position.seq > after);
    // It has ended, by its bytes, before what is asked for.
    if (behind.length === 0 && page.hasMore) return this.#archive.read(range);
    return { messages: behind.slice(0, limit), hasMore: page.hasMore || behind.length > limit };
  }

  notReady(): string | undefined {
    return this.#archive.notReady();
  }

  close(): Promise<void> {
    this.#pages.clear();
    return this.#archive.close();
  }

  #readShared(range: ArchiveRange): Promise<ArchivePage> {
    const key = JSON.stringify(range);
    const known = this.#pages.get(key);
    if (known !== undefined) {
      this.#onSpared();
      return known;
    }
    const [oldest] = this.#pages.keys();
    if (this.#pages.size >= MAX_PAGES && oldest !== undefined) this.#pages.delete(oldest);
    const page = this.#archive.read(range);
    this.#pages.set(key, page);
    const forget = (): void => {
      if (this.#pages.get(key) === page) this.#pages.delete(key);
    };
    // What has failed, or may have grown, is asked for again by whoever comes next.
    page.then(({ hasMore }) => {
      if (hasMore) setTimeout(forget, KEPT_MS).unref();
      else forget();
    }, forget);
    return page;
  }
}
