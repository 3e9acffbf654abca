import type { Backplane } from '@outcry/broker';

import { tellArchive } from '../archive/archive-story.ts';
import type { RoomArchive } from '../archive/room-archive.ts';
import type { BookDirectory } from '../books/book-directory.ts';
import { type ConnectionStory, tellStory } from '../connections/connection-story.ts';
import type { Connection } from '../connections/connection.ts';
import type { Connections } from '../connections/connections.ts';
import { tellHook } from '../hooks/hook-story.ts';
import type { Hooks } from '../hooks/hooks.ts';
import type { GatewayMetrics } from '../observability/metrics.ts';
import type { RoomRules } from '../rooms/room-rules.ts';
import { OverTurns } from './over-turns.ts';
import type { Answer, AnswerAbout, NodeHealth, OwnAnswers, Question } from './question.ts';
import { tellShard } from './shard-story.ts';

/** Questions whose answers may lie here at once: a few people look, and each for a moment. */
const MAX_ANSWERS = 16;
/** The same of questions that are asked again each second while somebody looks, so that they leave the places of others alone. */
const MAX_SHARED = 24;
/** Of one answer: all that lie here are written to Redis with each report. */
const MAX_BYTES = 32 * 1024;
/** Whoever has asked looks for it no longer than 1.5 s (`askNodes`). */
const KEEP_MS = 2000;
const MAX_BOOKS = 500;

export interface AnsweringParts {
  /** Of this gateway. */
  readonly node: string;
  readonly connections: Iterable<Connection> & Pick<Connections, 'closed'>;
  readonly books: Pick<BookDirectory, 'stories'>;
  readonly backplane: Pick<Backplane, 'reportServers' | 'unarchivedCount'>;
  readonly hooks: Pick<Hooks, 'clients'> | undefined;
  readonly archive: Pick<RoomArchive, 'notReady'> | undefined;
  readonly rules: Pick<RoomRules, 'archived'>;
  readonly metrics: GatewayMetrics;
}

/**
 * What this gateway knows about what it is asked, for a few seconds each. Nothing is kept ready for questions: connections are looked
 * at one after the other, a little in each turn of the loop.
 */
export class Answering implements OwnAnswers {
  readonly #parts: AnsweringParts;
  readonly #answers = new Map<string, { readonly isShared: boolean; answer?: Answer }>();
  readonly #walks = new OverTurns();
  #tell: () => void = () => undefined;
  #readHealth: () => NodeHealth | undefined = () => undefined;

  constructor(parts: AnsweringParts) {
    this.#parts = parts;
  }

  get node(): string {
    return this.#parts.node;
  }

  /** Those that are ready, by the name of the question; undefined where there are none. */
  get ready(): Readonly<Record<string, Answer>> | undefined {
    const ready = [...this.#answers].flatMap(([ask, { answer }]) =>
      answer === undefined ? [] : [[ask, answer] as const],
    );
    return ready.length === 0 ? undefined : Object.fromEntries(ready);
  }

  /** @param read what `/status` says, asked anew each time; before this, nothing is said about it */
  watchHealth(read: () => NodeHealth | undefined): void {
    this.#readHealth = read;
  }

  /** There is another answer. */
  watch(tell: () => void): void {
    this.#tell = tell;
  }

  /**
   * Whether there was room for it.
   *
   * @param ask Names the question
   * @param isShared Others may have asked the same under that name, and want no other answer
   */
  take(ask: string, about: Question, isShared = false): boolean {
    if (this.#answers.has(ask)) return true;
    const alike = [...this.#answers.values()].filter((other) => other.isShared === isShared).length;
    if (alike >= (isShared ? MAX_SHARED : MAX_ANSWERS)) return false;
    const entry: { readonly isShared: boolean; answer?: Answer } = { isShared };
    this.#answers.set(ask, entry);
    setTimeout(() => {
      this.#answers.delete(ask);
    }, KEEP_MS).unref();
    void this.answer(about).then((found) => {
      if (found === undefined || this.#answers.get(ask) !== entry) return;
      entry.answer = found;
      this.#tell();
    });
    return true;
  }

  /** At once, to whoever asks here and nowhere else. Undefined where nothing is known yet. Never rejects. */
  async answer(about: Question): Promise<Answer | undefined> {
    const { backplane, hooks } = this.#parts;
    switch (about.what) {
      case 'connections':
        return this.#tellConnections(about);
      case 'books': {
        const { stories } = this.#parts.books;
        return { what: 'books', books: stories.slice(0, MAX_BOOKS), more: stories.length > MAX_BOOKS };
      }
      case 'health': {
        const health = this.#readHealth();
        return health && { what: 'health', health };
      }
      case 'shards': {
        const reports = (await backplane.reportServers?.()) ?? [];
        const checks = this.#checks;
        return { what: 'shards', shards: reports.map((report) => tellShard(report, checks)) };
      }
      case 'hooks': {
        const checks = this.#checks;
        return { what: 'hooks', hooks: await Promise.all((hooks?.clients ?? []).map((one) => tellHook(one, checks))) };
      }
      case 'archive':
        return this.#tellArchive();
    }
  }

  get #checks(): NodeHealth['checks'] {
    return this.#readHealth()?.checks ?? [];
  }

  async #tellArchive(): Promise<AnswerAbout<'archive'>> {
    const { archive, backplane, rules, metrics } = this.#parts;
    const since = this.#checks.find(({ name }) => name === 'archive')?.since;
    const parts = { archive, since, archived: rules.archived, lost: backplane.unarchivedCount ?? 0 };
    return { what: 'archive', archive: await tellArchive({ ...parts, metrics: metrics.archive }) };
  }

  /** The open ones first, then those that were closed, the last first. */
  async #tellConnections({ user, connection, limit }: Extract<Question, { what: 'connections' }>): Promise<Answer> {
    const { closed } = this.#parts.connections;
    const found = new Page(limit);
    await this.#walks.each(this.#parts.connections, (candidate) => {
      const isMeant = user === undefined ? candidate.connection === connection : candidate.identity?.user === user;
      if (isMeant) found.add(tellStory(candidate));
      return !found.isFull;
    });
    for (const story of closed.find((other) =>
      user === undefined ? other.connection === connection : other.user === user,
    )) {
      if (found.isFull) break;
      found.add(story);
    }
    const { completeSince } = closed;
    return {
      ...{ what: 'connections', connections: found.stories, more: found.isFull },
      ...(completeSince === undefined ? {} : { completeSince }),
    };
  }
}

/** As many stories as were asked for, and as fit. */
class Page {
  readonly stories: ConnectionStory[] = [];
  readonly #limit: number;
  #bytes = 0;
  isFull = false;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** What is one too many makes it full. */
  add(story: ConnectionStory | undefined): void {
    if (story === undefined) return;
    this.#bytes += JSON.stringify(story).length;
    this.isFull = this.stories.length === this.#limit || this.#bytes > MAX_BYTES;
    if (!this.isFull) this.stories.push(story);
  }
}
