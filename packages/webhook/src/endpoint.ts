import { Pool } from 'undici';

import { privateLookup } from './hook-url.ts';
import { FailureKind, HookFailure } from './hook-failure.ts';

export interface EndpointOptions {
  readonly url: string;
  readonly deadlineMs: number;
  readonly maxConnections: number;
  readonly maxAnswerBytes: number;
  /** Whether every status from 200 to 299 says that all is well; otherwise 200 alone. */
  readonly takesAnySuccess?: boolean;
}

export interface EndpointRequest {
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Aborted when the time for an answer is over. */
  readonly deadline: AbortSignal;
}

/** A connection that the other side let go of while a request was on its way into it. */
const CLOSED_BENEATH: ReadonlySet<string> = new Set(['UND_ERR_SOCKET', 'ECONNRESET', 'EPIPE']);

/** What a server says of itself among the statuses by which it blames a question: it was too slow, or has too much to do. */
const OF_ITSELF: ReadonlySet<number> = new Set([408, 429]);

/** JSON is UTF-8 (RFC 8259 §8.1); a mark at its beginning may be passed over, and is. */
const UTF8 = new TextDecoder('utf-8', { fatal: true });

/** One URL of the operator's server, over connections that are kept. Redirects are not followed. */
export class Endpoint {
  readonly #options: EndpointOptions;
  readonly #path: string;
  readonly #pool: Pool;

  constructor(options: EndpointOptions) {
    const { origin, pathname, search, protocol } = new URL(options.url);
    this.#options = options;
    this.#path = pathname + search;
    this.#pool = new Pool(origin, {
      connections: options.maxConnections,
      pipelining: 1,
      // The deadline is of the whole, and the caller's.
      headersTimeout: 0,
      bodyTimeout: 0,
      connect: { timeout: options.deadlineMs, ...(protocol === 'http:' ? { lookup: privateLookup } : {}) },
    });
  }

  /**
   * The text that the server answers.
   *
   * @throws HookFailure
   */
  async post({ body, headers, deadline }: EndpointRequest): Promise<string> {
    const { url, deadlineMs } = this.#options;
    try {
      return await this.#request({ body, headers, deadline });
    } catch (cause) {
      if (cause instanceof HookFailure) throw cause;
      if (deadline.aborted) {
        throw new HookFailure(FailureKind.Deadline, `${url} did not answer within ${String(deadlineMs)} ms`, { cause });
      }
      throw new HookFailure(FailureKind.Unreachable, `${url} cannot be had: ${wordsFor(cause)}`, { cause });
    }
  }

  /** Whatever is under way fails. */
  async close(): Promise<void> {
    await this.#pool.destroy();
  }

  async #request({ body, headers, deadline: signal }: EndpointRequest): Promise<string> {
    const { url, maxAnswerBytes } = this.#options;
    const answer = await this.#pool.request({ method: 'POST', path: this.#path, headers, body, signal });
    const { statusCode: status } = answer;
    if (!this.#isSuccess(status)) {
      // Read to its end, the connection serves the next one; past the limit or the deadline it is cut.
      answer.body.dump({ limit: maxAnswerBytes, signal }).catch(() => undefined);
      const isOfQuestion = status >= 400 && status < 500 && !OF_ITSELF.has(status);
      const words = `${url} answered with status ${String(status)}`;
      throw new HookFailure(FailureKind.Status, words, { status, isOfQuestion });
    }
    const pieces: Uint8Array[] = [];
    let bytes = 0;
    for await (const piece of answer.body as AsyncIterable<Uint8Array>) {
      bytes += piece.length;
      if (bytes > maxAnswerBytes) {
        throw new HookFailure(FailureKind.Invalid, `${url} answered with more than ${String(maxAnswerBytes)} bytes`);
      }
      pieces.push(piece);
    }
    try {
      return UTF8.decode(Buffer.concat(pieces));
    } catch (cause) {
      throw new HookFailure(FailureKind.Invalid, `${url} answered with what is not UTF-8`, { cause });
    }
  }

  #isSuccess(status: number): boolean {
    return status === 200 || (this.#options.takesAnySuccess === true && status > 200 && status < 300);
  }
}

/** Whether a request failed because the connection that it went into was being closed: another one may do. */
export function wasClosedBeneath(err: unknown): boolean {
  const { cause } = err as { readonly cause?: unknown };
  return CLOSED_BENEATH.has(codeOf(cause));
}

function codeOf(err: unknown): string {
  return err instanceof Error && 'code' in err && typeof err.code === 'string' ? err.code : '';
}

function wordsFor(err: unknown): string {
  const code = codeOf(err);
  if (code !== '') return code;
  return err instanceof Error ? err.message : String(err);
}
