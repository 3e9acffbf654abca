import type { Writable } from 'node:stream';

const MAX_UNREAD_BYTES = 4 * 1024 * 1024;

/**
 * Lines of a log on a stream whose reader may be slow, or gone. Whoever logs never waits and never fails: lines wait in memory
 * up to a limit, and past it they are dropped, counted, and told of.
 */
export class LogOutput {
  readonly #stream: Writable;
  readonly #maxUnreadBytes: number;
  #tellGap: (dropped: number) => void = () => undefined;
  #dropped = 0;
  #untold = 0;
  #isBroken = false;

  /** The stream's `write` must not block; what it has not written yet may be so many bytes. */
  constructor(stream: Writable, maxUnreadBytes = MAX_UNREAD_BYTES) {
    this.#stream = stream;
    this.#maxUnreadBytes = maxUnreadBytes;
    // A pipe whose reader is gone (EPIPE) is no reason to end: clients are served all the same.
    stream.on('error', () => {
      this.#isBroken = true;
    });
  }

  /** Lines lost since the start. */
  get dropped(): number {
    return this.#dropped;
  }

  /** `tell` is called before the first line that is taken again, and may write. */
  onGap(tell: (dropped: number) => void): void {
    this.#tellGap = tell;
  }

  /** Takes one line with its line feed. */
  write(line: string): void {
    if (!this.#hasRoomFor(line)) {
      this.#dropped += 1;
      this.#untold += 1;
      return;
    }
    const untold = this.#untold;
    this.#untold = 0;
    if (untold > 0) this.#tellGap(untold);
    this.#stream.write(line);
  }

  /** Resolves when all is written, when the stream breaks, or when the time is over. */
  async flush(limitMs: number): Promise<void> {
    if (this.#isBroken || this.#stream.writableLength === 0) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, limitMs);
      this.#stream.write('', () => {
        clearTimeout(timer);
        resolve();
      });
    });
  }

  #hasRoomFor(line: string): boolean {
    return !this.#isBroken && this.#stream.writableLength + Buffer.byteLength(line) <= this.#maxUnreadBytes;
  }
}
