import type { ClientFrameType } from '@outcry/protocol';

import { type Figures, Ranking } from './ranking.ts';
import { CONNECTION_MEASURES, type ConnectionMeasure, MAX_NAMED, type Sample } from './sample.ts';
import { STREAM_MEASURES, type StreamMeasure } from './sample.ts';

/** Whose connection it is. */
export interface SampledConnection {
  readonly connection?: string;
  readonly identity: { readonly user: string } | undefined;
}

/** As the sweep of the connections sees one. */
export interface LookedAfter extends SampledConnection {
  readonly backlog: { readonly unreadBytes: number };
  readonly streams: { readonly isHoldingBack: boolean };
}

export interface RequestCost {
  /** Undefined where it was none that anybody knows. */
  readonly type: ClientFrameType | undefined;
  readonly bytes: number;
  readonly ms: number;
}

export interface FanoutCost {
  readonly isRoom: boolean;
  readonly recipients: number;
  /** All recipients together. */
  readonly bytes: number;
  readonly ms: number;
}

/**
 * What it takes to write a frame to a socket, which the transport does later and for all of them together: 1,000 sockets take 4.8 ms
 * (`Coalescer`).
 */
const WRITE_MS = 0.005;
const MS_PER_SECOND = 1000;
const DECIMALS = 1000;

/** What is counted between two samples. */
export class SampleWindow {
  readonly #rooms = new Ranking<string, StreamMeasure>(STREAM_MEASURES);
  readonly #books = new Ranking<string, StreamMeasure>(STREAM_MEASURES);
  // They are let go of with the window, those that have closed as well.
  readonly #connections = new Ranking<SampledConnection, ConnectionMeasure>(CONNECTION_MEASURES);
  readonly #commands = new Map<ClientFrameType, { requests: number; loopMs: number }>();
  #sweeps = 0;

  countRequest(from: SampledConnection, { type, bytes, ms }: RequestCost): void {
    this.#connections.add(from, 'requests', 1);
    this.#connections.add(from, 'bytesIn', bytes);
    this.#connections.add(from, 'loopMs', ms);
    if (type === undefined) return;
    const command = this.#commands.get(type);
    if (command === undefined) {
      this.#commands.set(type, { requests: 1, loopMs: ms });
    } else {
      command.requests += 1;
      command.loopMs += ms;
    }
  }

  countSent(to: SampledConnection, bytes: number): void {
    this.#connections.add(to, 'bytesOut', bytes);
  }

  countFanout(name: string, { isRoom, recipients, bytes, ms }: FanoutCost): void {
    const streams = isRoom ? this.#rooms : this.#books;
    streams.add(name, 'messages', 1);
    streams.add(name, 'bytes', bytes);
    streams.add(name, 'loopMs', ms + recipients * WRITE_MS);
  }

  countSweep(): void {
    this.#sweeps += 1;
  }

  countLook(connection: LookedAfter): void {
    this.#connections.add(connection, 'unreadBytes', connection.backlog.unreadBytes);
    this.#connections.add(connection, 'heldBack', connection.streams.isHoldingBack ? 1 : 0);
  }

  finish({ windowMs, busy }: Pick<Sample, 'windowMs' | 'busy'>): Sample {
    const perSecond = MS_PER_SECOND / windowMs;
    const ofStream = (figures: Figures<StreamMeasure>): Figures<StreamMeasure> => scale(figures, () => perSecond);
    const ofConnection = (figures: Figures<ConnectionMeasure>): Figures<ConnectionMeasure> =>
      scale(figures, (measure) =>
        measure === 'unreadBytes' || measure === 'heldBack' ? 1 / Math.max(1, this.#sweeps) : perSecond,
      );
    const rooms = this.#rooms.first(MAX_NAMED).map(({ key, figures }) => ({ room: key, ...ofStream(figures) }));
    const books = this.#books.first(MAX_NAMED).map(({ key, figures }) => ({ book: key, ...ofStream(figures) }));
    return {
      windowMs: round(windowMs),
      busy: round(busy),
      rooms,
      books,
      connections: this.#connections
        .first(MAX_NAMED)
        .map(({ key, figures }) => ({ ...nameOf(key), ...ofConnection(figures) })),
      commands: [...this.#commands].map(([command, figures]) => ({ command, ...scale(figures, () => perSecond) })),
      missed: {
        rooms: ofStream(this.#rooms.missed(MAX_NAMED)),
        books: ofStream(this.#books.missed(MAX_NAMED)),
        connections: ofConnection(this.#connections.missed(MAX_NAMED)),
      },
    };
  }
}

function nameOf({ connection, identity }: SampledConnection): { readonly connection?: string; readonly user?: string } {
  return {
    ...(connection === undefined ? {} : { connection }),
    ...(identity === undefined ? {} : { user: identity.user }),
  };
}

function scale<M extends string>(figures: Figures<M>, factorOf: (measure: M) => number): Figures<M> {
  const entries = Object.entries<number>(figures) as [M, number][];
  return Object.fromEntries(
    entries.map(([measure, value]) => [measure, round(value * factorOf(measure))]),
  ) as Figures<M>;
}

function round(value: number): number {
  return Math.round(value * DECIMALS) / DECIMALS;
}
