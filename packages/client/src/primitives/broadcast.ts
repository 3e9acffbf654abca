import type { OutcryError } from './errors.ts';
import { Stream, type StreamOptions } from './stream.ts';

/** One source of events, and any number of iterations over what comes from when each began. */
export class Broadcast<T> {
  readonly #streams = new Set<Stream<T>>();
  readonly #options: Omit<StreamOptions<T>, 'onEnd'>;
  #isEnded = false;
  #error: OutcryError | undefined;
  /** Holds what comes before anybody reads. */
  #early: Stream<T> | undefined;

  constructor(options: Omit<StreamOptions<T>, 'onEnd'>) {
    this.#options = options;
  }

  /** From now on events wait for the first reader, so that it need not be quick. */
  holdForReader(): void {
    this.#early = this.#open();
  }

  push(event: T): void {
    for (const stream of this.#streams) stream.push(event);
  }

  /** Every iteration reads what waits for it and ends, or fails with the error; so do those that begin later. */
  end(error?: OutcryError): void {
    this.#isEnded = true;
    this.#error = error;
    for (const stream of [...this.#streams]) stream.end(error);
  }

  read(): Stream<T> {
    const early = this.#early;
    this.#early = undefined;
    return early ?? this.#open();
  }

  #open(): Stream<T> {
    const stream: Stream<T> = new Stream({
      ...this.#options,
      onEnd: () => {
        this.#streams.delete(stream);
      },
    });
    if (this.#isEnded) stream.end(this.#error);
    else this.#streams.add(stream);
    return stream;
  }
}
