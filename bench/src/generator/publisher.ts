import { setImmediate as turn, setTimeout as sleep } from 'node:timers/promises';

import type { ClientPlan, ReadingRules } from './client-plan.ts';
import { Connection } from './connection.ts';
import { findStamp, monotonicMicros, writeStamp } from './stamp.ts';
import { encodeClientFrame } from './websocket-frame.ts';

/** Timers are a millisecond exact; what is left of a wait is spent on a futex, which is exact and costs nothing. */
const TIMER_SLACK_MS = 2;
const MICROS_PER_MS = 1000;
/** Unsent bytes from which the server is said to refuse more. */
const MAX_UNSENT_BYTES = 1024 * 1024;

const FUTEX = new Int32Array(new SharedArrayBuffer(4));

/** Clients that publish in turn, at an even pace: two messages of one moment would be coalesced by any server. */
export class Publisher {
  #connections: readonly Connection[] = [];
  #frames: readonly { readonly bytes: Buffer; readonly stampAt: number }[] = [];
  #published = 0;
  #isRunning = false;
  #run: Promise<void> | undefined;

  /** Connects and waits until all are let in. They publish these frames in turn, each of them stamped. */
  async open(
    plans: readonly ClientPlan[],
    rules: ReadingRules,
    frames: readonly (Uint8Array | string)[],
  ): Promise<void> {
    this.#frames = frames.map((frame) => {
      const bytes = encodeClientFrame(frame);
      return { bytes, stampAt: findStamp(bytes) };
    });
    this.#connections = plans.map((plan) => new Connection(plan, rules));
    await Promise.all(this.#connections.map(({ joined }) => joined));
  }

  /** Messages since it was opened. */
  get published(): number {
    return this.#published;
  }

  start(messagesPerSecond: number): void {
    this.#isRunning = true;
    this.#run = this.#publishEvenly(MICROS_PER_MS ** 2 / messagesPerSecond);
  }

  /** Resolves with the number of messages when the last one has been sent. */
  async stop(): Promise<number> {
    this.#isRunning = false;
    await this.#run;
    return this.#published;
  }

  close(): void {
    this.#isRunning = false;
    for (const connection of this.#connections) connection.destroy();
  }

  async #publishEvenly(intervalMicros: number): Promise<void> {
    let dueAt = monotonicMicros();
    while (this.#isRunning) {
      await waitUntil(dueAt);
      this.#publishOne();
      dueAt += intervalMicros;
      // Acknowledgements are read here.
      await turn();
    }
  }

  #publishOne(): void {
    const connection = this.#connections[this.#published % this.#connections.length];
    const frame = this.#frames[this.#published % this.#frames.length];
    if (connection === undefined || frame === undefined || !connection.isOpen) {
      throw new Error('the publisher has no connection');
    }
    if (connection.unsentBytes > MAX_UNSENT_BYTES) return;
    // What has not been sent yet must not be written again.
    const bytes = connection.unsentBytes === 0 ? frame.bytes : Buffer.from(frame.bytes);
    writeStamp(bytes, frame.stampAt, monotonicMicros());
    connection.write(bytes);
    this.#published += 1;
  }
}

async function waitUntil(micros: number): Promise<void> {
  const waitMs = (micros - monotonicMicros()) / MICROS_PER_MS;
  if (waitMs > TIMER_SLACK_MS) await sleep(waitMs - TIMER_SLACK_MS);
  const restMs = (micros - monotonicMicros()) / MICROS_PER_MS;
  if (restMs > 0) Atomics.wait(FUTEX, 0, 0, restMs);
}
