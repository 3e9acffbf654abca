import { Encoding } from '@outcry/protocol';

import { EncodingMix, type Plan } from './plan.ts';
import { Scenario } from './scenario.ts';

/** What one connection is to do. */
export interface Assignment {
  /** Where among the targets it begins; it goes on to the next where it reconnects. */
  readonly firstUrl: number;
  readonly encoding: Encoding;
  /** Absent where it watches books. */
  readonly room: string | undefined;
  readonly symbols: readonly string[];
  readonly isPublisher: boolean;
  /** Whether it is to hear of something again and again: others publish in its room, or its books have a feed, and it reads. */
  readonly isListener: boolean;
  /** Whether it keeps the books that it watches, to hold them against their checksums. */
  readonly isMirroring: boolean;
  readonly isChurning: boolean;
  readonly isSlow: boolean;
}

/** One in so many watchers keeps its books: each would cost more than watching. A prime, so that every target and encoding has some. */
const MIRRORING_EVERY = 7;

/** The part of connection `index`, of all that the plan has. Publishers come first, slow readers last. */
export function assign(plan: Plan, index: number): Assignment {
  const isFeed = plan.scenario === Scenario.Feed;
  const isPublisher = !isFeed && index < plan.publishers;
  const isSlow = plan.scenario === Scenario.Slow && index >= plan.connections - slowConnections(plan);
  const room = index % plan.rooms;
  return {
    firstUrl: index % plan.urls.length,
    encoding: encodingOf(plan, index),
    room: isFeed ? undefined : `load.${plan.runId}.${String(room)}`,
    symbols: isFeed ? symbolsOf(plan, index) : [],
    isPublisher,
    // A room has a publisher where there are as many of them.
    isListener: !isSlow && (isFeed || room < plan.publishers),
    isMirroring: isFeed && index % MIRRORING_EVERY === 0,
    isChurning: plan.scenario === Scenario.Churn && !isPublisher,
    isSlow,
  };
}

export function slowConnections({ slow, connections, publishers }: Plan): number {
  return Math.min(Math.ceil(slow.share * connections), connections - publishers);
}

/** Mixed: both on every target, whatever their number. */
function encodingOf({ encoding, urls }: Plan, index: number): Encoding {
  if (encoding === EncodingMix.Json) return Encoding.Json;
  if (encoding === EncodingMix.Msgpack) return Encoding.Msgpack;
  return Math.floor(index / urls.length) % 2 === 0 ? Encoding.Msgpack : Encoding.Json;
}

function symbolsOf({ books }: Plan, index: number): readonly string[] {
  const count = Math.min(books.perConnection, books.symbols.length);
  return Array.from({ length: count }, (_, i) => books.symbols[(index * count + i) % books.symbols.length] ?? '');
}
