import type { Logger } from '@outcry/service';
import { Backoff } from '@outcry/worker';

import type { OpenStreamSocket, StreamSocket } from './stream-socket.ts';

export interface VenueStreamHandler {
  /** Frames come from here on; what was before is lost. */
  handleUp(): void;
  /** @param isOverlapping Two connections carry the same stream for a while, so a frame may have come already. */
  handleFrame(text: string, isOverlapping: boolean): void;
  /** Frames may be missing from here on. `handleUp` follows when they come again. */
  handleDown(reason: string): void;
}

export interface VenueStreamOptions {
  readonly url: string;
  readonly openSocket: OpenStreamSocket;
  readonly handler: VenueStreamHandler;
  readonly logger: Logger;
  readonly random: () => number;
}

/** The venue allows 300 connections in five minutes. Waits up to 30 s stay far below it, however long it lasts. */
const RECONNECT = { baseMs: 500, maxMs: 30_000 };

/** A connection that lived so long was a good one: the next failure is the first of its kind. */
const STABLE_AFTER_MS = 60_000;

/** The venue ends a connection after 24 hours. A new one takes over before, earlier by up to the spread. */
const MAX_AGE_MS = 23 * 60 * 60 * 1000;
const MAX_AGE_SPREAD_MS = 60 * 60 * 1000;

/** The old connection goes on for so long beside the new one, so that no frame falls between the two. */
const OVERLAP_MS = 5000;

/**
 * Keeps a stream of the venue connected: reconnects, and replaces a connection before the venue ends it, at its 24-hour
 * limit or when it announces its shutdown. A replacement that works is not noticed by the handler.
 */
export class VenueStream {
  readonly #options: VenueStreamOptions;
  readonly #backoff: Backoff;
  /** Oldest first; more than one only while a new one takes over. */
  readonly #open = new Set<StreamSocket>();
  #connecting: StreamSocket | undefined;
  #newest: StreamSocket | undefined;
  #retryTimer: NodeJS.Timeout | undefined;
  #ageTimer: NodeJS.Timeout | undefined;
  #stableTimer: NodeJS.Timeout | undefined;
  #overlapTimer: NodeJS.Timeout | undefined;
  #isStopped = false;

  constructor(options: VenueStreamOptions) {
    this.#options = options;
    this.#backoff = new Backoff({ ...RECONNECT, random: options.random });
  }

  start(): void {
    this.#connect();
  }

  /** Gives every connection up, as if it had been lost, and opens a new one. */
  restart(reason: string): void {
    for (const socket of this.#open) {
      socket.close();
      this.#handleLoss(socket, reason);
    }
  }

  stop(): void {
    this.#isStopped = true;
    for (const timer of [this.#retryTimer, this.#ageTimer, this.#stableTimer, this.#overlapTimer]) clearTimeout(timer);
    this.#connecting?.close();
    for (const socket of this.#open) socket.close();
    this.#open.clear();
  }

  #connect(): void {
    const { url, openSocket } = this.#options;
    this.#retryTimer = undefined;
    const socket = openSocket(url, {
      handleOpen: () => {
        this.#handleOpen(socket);
      },
      handleText: (text) => {
        this.#handleText(socket, text);
      },
      handleClose: (reason) => {
        this.#handleLoss(socket, reason);
      },
    });
    this.#connecting = socket;
  }

  #handleOpen(socket: StreamSocket): void {
    const { handler, logger, random } = this.#options;
    const isTakingOver = this.#open.size > 0;
    this.#connecting = undefined;
    this.#open.add(socket);
    this.#newest = socket;
    clearTimeout(this.#stableTimer);
    this.#stableTimer = setTimeout(() => {
      this.#backoff.reset();
    }, STABLE_AFTER_MS);
    clearTimeout(this.#ageTimer);
    this.#ageTimer = setTimeout(
      () => {
        this.#replace('the connection is about to reach its age limit');
      },
      MAX_AGE_MS - random() * MAX_AGE_SPREAD_MS,
    );
    logger.info(isTakingOver ? 'venue stream replaced' : 'venue stream up');
    if (!isTakingOver) {
      handler.handleUp();
      return;
    }
    clearTimeout(this.#overlapTimer);
    this.#overlapTimer = setTimeout(() => {
      this.#closeOld();
    }, OVERLAP_MS);
  }

  #handleText(socket: StreamSocket, text: string): void {
    if (!isShutdownNotice(text)) this.#options.handler.handleFrame(text, this.#open.size > 1);
    else if (socket === this.#newest) this.#replace('the venue announced its shutdown');
  }

  #handleLoss(socket: StreamSocket, reason: string): void {
    const { handler, logger } = this.#options;
    if (socket === this.#connecting) {
      this.#connecting = undefined;
      logger.warn({ reason }, 'venue stream refused');
      this.#connectLater();
      return;
    }
    this.#open.delete(socket);
    if (socket !== this.#newest) return;
    this.#newest = [...this.#open].at(-1);
    clearTimeout(this.#stableTimer);
    clearTimeout(this.#ageTimer);
    clearTimeout(this.#overlapTimer);
    this.#connectLater();
    logger.warn({ reason }, 'venue stream lost');
    if (this.#newest === undefined) handler.handleDown(reason);
  }

  /** Where a server that goes away accepts the new connection too, its next notice waits longer. */
  #replace(reason: string): void {
    this.#options.logger.info({ reason }, 'venue stream to be replaced');
    this.#connectLater();
  }

  #connectLater(): void {
    if (this.#isStopped || this.#connecting !== undefined || this.#retryTimer !== undefined) return;
    this.#retryTimer = setTimeout(() => {
      this.#connect();
    }, this.#backoff.nextMs());
  }

  #closeOld(): void {
    for (const socket of this.#open) {
      if (socket === this.#newest) continue;
      this.#open.delete(socket);
      socket.close();
    }
  }
}

/** Wrapped or not: the venue documents the event, and not what a combined stream puts around it. */
function isShutdownNotice(text: string): boolean {
  return text.length < 512 && text.includes('"serverShutdown"');
}
