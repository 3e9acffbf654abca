import type { HttpResponse } from 'uWebSockets.js';

import type { CountedSocket } from '../socket-count.ts';

/** An answer over plain HTTP, ready to be written. */
export interface PlainAnswer {
  /** `200 OK` where it is left out. */
  readonly status?: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array | string;
}

/**
 * One request over plain HTTP and its answer, which is the connection's last: so nothing is ever asked of a client that has not read
 * what it was given, and the end of each socket is known.
 *
 * An answer is written in a later turn than its request was read in. uWS (20.67) closes a connection on which a second request comes
 * before the first is answered, so whoever sends many in one piece gets none of them.
 */
export class PlainExchange {
  readonly #res: HttpResponse;
  readonly #counted: Pick<CountedSocket, 'ended'>;
  #isGone = false;

  /** @param counted Told once, when the socket is gone. */
  constructor(res: HttpResponse, counted: Pick<CountedSocket, 'ended'>) {
    this.#res = res;
    this.#counted = counted;
    res.onAborted(() => {
      this.#end();
    });
  }

  /** Answers with what fits the buffers of a fresh socket. Nothing happens where the client has gone. */
  answer(answer: PlainAnswer): void {
    this.#later(() => {
      this.#res.cork(() => {
        this.#writeHead(answer);
        this.#res.end(answer.body, true);
      });
      this.#end();
    });
  }

  /**
   * Answers with a body of any size, as fast as it is read: of what the client has not read nothing is copied.
   *
   * @param hold Another handle on the same response, to close the socket by: uWS lets go of the one that has answered.
   */
  stream(answer: PlainAnswer & { readonly body: Uint8Array }, hold: HttpResponse): void {
    const { body } = answer;
    const writeOn = (writeHead: () => void): void => {
      const outcome = { hasResponded: false };
      this.#res.cork(() => {
        writeHead();
        [, outcome.hasResponded] = this.#res.tryEnd(body.subarray(this.#res.getWriteOffset()), body.length);
      });
      if (outcome.hasResponded) this.#close(hold);
    };
    this.#res.onWritable(() => {
      // Not in here: what is written would lie in a buffer yet when the socket is closed.
      this.#later(() => {
        writeOn(() => undefined);
      });
      return true;
    });
    this.#later(() => {
      writeOn(() => {
        this.#writeHead(answer);
        this.#res.writeHeader('connection', 'close');
      });
    });
  }

  /** Answers with the head alone, as to a HEAD. */
  answerHead(answer: PlainAnswer, hold: HttpResponse): void {
    this.#later(() => {
      this.#res.cork(() => {
        this.#writeHead(answer);
        this.#res.writeHeader('connection', 'close');
        this.#res.writeHeader('content-length', String(Buffer.byteLength(answer.body)));
        // Given a length, it leaves the answer open and uWS ends the process (uws-pack 20.0.8).
        this.#res.endWithoutBody();
      });
      this.#close(hold);
    });
  }

  #writeHead({ status, headers }: PlainAnswer): void {
    if (status !== undefined) this.#res.writeStatus(status);
    for (const [name, value] of Object.entries(headers)) this.#res.writeHeader(name, value);
  }

  #later(write: () => void): void {
    setImmediate(() => {
      if (!this.#isGone) write();
    });
  }

  #close(hold: HttpResponse): void {
    hold.close();
    this.#end();
  }

  #end(): void {
    if (this.#isGone) return;
    this.#isGone = true;
    this.#counted.ended();
  }
}
