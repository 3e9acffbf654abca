import { type Answer, type Received, RequestFailure } from './frames.ts';

const ANSWER_TIMEOUT_MS = 10_000;

interface Pending {
  readonly resolve: (answer: Answer) => void;
  readonly reject: (failure: RequestFailure) => void;
  readonly timer: ReturnType<typeof setTimeout>;
}

/** Requests that wait for their answer, by `id`. Without one for 10 s a request fails as `timedOut`. */
export class PendingRequests {
  readonly #pending = new Map<number, Pending>();
  #nextId = 1;

  /** `send` is called with the new request's id, before this returns. */
  open(send: (id: number) => void): Promise<Answer> {
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#take(id)?.reject(new RequestFailure('timedOut', 'The gateway did not answer in time.', true));
      }, ANSWER_TIMEOUT_MS);
      this.#pending.set(id, { resolve, reject, timer });
      send(id);
    });
  }

  settle(frame: Answer | Received<'error'>): void {
    const pending = this.#take(frame.id);
    if (pending === undefined) return;
    if (frame.type === 'error') pending.reject(new RequestFailure(frame.code, frame.message, frame.retryable));
    else pending.resolve(frame);
  }

  failAll(failure: RequestFailure): void {
    for (const id of [...this.#pending.keys()]) this.#take(id)?.reject(failure);
  }

  #take(id: unknown): Pending | undefined {
    if (typeof id !== 'number') return undefined;
    const pending = this.#pending.get(id);
    this.#pending.delete(id);
    clearTimeout(pending?.timer);
    return pending;
  }
}
