import {
  SampleWindow,
  type FanoutCost,
  type LookedAfter,
  type RequestCost,
  type SampledConnection,
} from './sample-window.ts';
import type { Sample } from './sample.ts';

export const WINDOW_MS = 2000;
/** For how long the last sample is shown when nobody looks any more: whoever has asked for the shortest time comes to see it. */
const KEEP_MS = 6000;
export const MAX_SECONDS = 60;

/**
 * Counts what rooms, connections and requests cost, while somebody looks: a window behind the other, each with a sample at its end.
 * Whoever counts looks at `isOn` first, so that nothing else is paid while nobody does.
 */
export class Sampler {
  /** A field of its own, and no getter, because every frame looks at it. */
  isOn = false;
  #window = new SampleWindow();
  #beganAt = 0;
  #activeMs = 0;
  #endsAt = 0;
  #timer: NodeJS.Timeout | undefined;
  #latest: Sample | undefined;
  #tell: () => void = () => undefined;
  readonly #readActiveMs: () => number;

  /** @param readActiveMs For how long the event loop has not been idle */
  constructor(readActiveMs = () => performance.eventLoopUtilization().active) {
    this.#readActiveMs = readActiveMs;
  }

  /** Of the last window that is whole; undefined where nobody has looked for some seconds. */
  get latest(): Sample | undefined {
    return this.#latest;
  }

  /** There is another sample, or none any more. */
  watch(tell: () => void): void {
    this.#tell = tell;
  }

  /** Goes on for so many seconds from now at least, `MAX_SECONDS` at most, and then to the end of the window. */
  sampleFor(seconds: number): void {
    const ms = Math.min(seconds, MAX_SECONDS) * 1000;
    this.#endsAt = Math.max(this.#endsAt, performance.now() + ms);
    if (!this.isOn) this.#begin();
  }

  stop(): void {
    this.isOn = false;
    clearTimeout(this.#timer);
  }

  /** A request of the connection has been taken up, or was refused. */
  countRequest(from: SampledConnection, cost: RequestCost): void {
    this.#window.countRequest(from, cost);
  }

  /** Something that is for it alone was handed to the transport. */
  countSent(to: SampledConnection, bytes: number): void {
    this.#window.countSent(to, bytes);
  }

  /** A frame of a room or of a book was handed to the transport. */
  countFanout(name: string, cost: FanoutCost): void {
    this.#window.countFanout(name, cost);
  }

  /** All connections are looked after. */
  countSweep(): void {
    this.#window.countSweep();
  }

  /** One of them is. */
  countLook(connection: LookedAfter): void {
    this.#window.countLook(connection);
  }

  #begin(): void {
    this.isOn = true;
    this.#window = new SampleWindow();
    this.#beganAt = performance.now();
    this.#activeMs = this.#readActiveMs();
    this.#after(WINDOW_MS, () => {
      this.#end();
    });
  }

  #end(): void {
    const windowMs = performance.now() - this.#beganAt;
    this.#latest = this.#window.finish({ windowMs, busy: (this.#readActiveMs() - this.#activeMs) / windowMs });
    if (performance.now() < this.#endsAt) this.#begin();
    else this.#rest();
    this.#tell();
  }

  /** Lets go of all that was counted. */
  #rest(): void {
    this.isOn = false;
    this.#window = new SampleWindow();
    this.#after(KEEP_MS, () => {
      this.#latest = undefined;
      this.#tell();
    });
  }

  #after(ms: number, act: () => void): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(act, ms).unref();
  }
}
