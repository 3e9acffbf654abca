import { ageOfDelta } from './frame-age.ts';
import type { ClientPlan, ReadingRules } from './client-plan.ts';
import { Connection } from './connection.ts';
import { Idlers } from './idlers.ts';
import { LatencyRecorder, type LatencySummary } from './latency.ts';
import { monotonicMicros, readStamp } from './stamp.ts';
import { Throttle } from './throttle.ts';

/** Connections that are being opened at one time: less than a listen queue holds. */
const OPENING_AT_ONCE = 100;

export interface GroupCount {
  /** Of all clients together, since they were opened. */
  readonly deliveries: number;
  readonly bytes: number;
  /** Clients that are connected. */
  readonly open: number;
}

/** Clients that read: they count what they get, and some of them time it. */
export class MemberGroup {
  readonly #connections: Connection[] = [];
  readonly #latency = new LatencyRecorder();
  readonly #throttle = new Throttle();
  readonly #idlers = new Idlers();

  /**
   * Opens clients and waits until each has joined. Every `sampleEvery`th of them times its deliveries; the others read now
   * and then.
   *
   * @throws Error where one of them is refused
   */
  async open(plans: readonly ClientPlan[], rules: ReadingRules, sampleEvery: number): Promise<void> {
    const ageOf = rules.stamp === 'book' ? ageOfDelta : ageOfPayload;
    const onDelivery = (part: Buffer): void => {
      const micros = ageOf(part);
      if (micros !== undefined) this.#latency.record(micros);
    };
    for (let start = 0; start < plans.length; start += OPENING_AT_ONCE) {
      const batch = plans.slice(start, start + OPENING_AT_ONCE).map((plan, index) => {
        const isSampled = (start + index) % sampleEvery === 0;
        return new Connection(plan, rules, isSampled ? onDelivery : undefined);
      });
      this.#connections.push(...batch);
      await Promise.all(batch.map(({ joined }) => joined));
      for (const [index, connection] of batch.entries()) {
        if ((start + index) % sampleEvery !== 0) this.#idlers.add(connection);
      }
    }
  }

  count(): GroupCount {
    const total = { deliveries: 0, bytes: 0, open: 0 };
    for (const { counter, isOpen } of this.#connections) {
      total.deliveries += counter.deliveries;
      total.bytes += counter.bytes;
      total.open += isOpen ? 1 : 0;
    }
    return total;
  }

  /** What each client has got, in the order in which they were opened. */
  countEach(): readonly number[] {
    return this.#connections.map(({ counter }) => counter.deliveries);
  }

  resetLatency(): void {
    this.#latency.reset();
  }

  latency(): LatencySummary {
    return this.#latency.summarize();
  }

  /** Lets a client read no more than so many bytes a second from now on; 0 is nothing at all, Infinity all there is. */
  throttle(index: number, bytesPerSecond: number): void {
    const connection = this.#connections[index];
    if (connection === undefined) throw new RangeError(`expected the index of a client, got ${String(index)}`);
    this.#idlers.remove(connection);
    this.#throttle.set(connection, bytesPerSecond);
  }

  close(): void {
    this.#throttle.close();
    this.#idlers.close();
    for (const connection of this.#connections) connection.destroy();
    this.#connections.length = 0;
  }
}

function ageOfPayload(part: Buffer): number | undefined {
  const micros = readStamp(part);
  return micros === undefined ? undefined : monotonicMicros() - micros;
}
