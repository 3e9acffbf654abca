import { Endpoint, FailureKind, type HookFailure, signRequest } from '@outcry/webhook';

import type { WrittenEvent } from '../event/to-events.ts';
import type { DeliveryConfig } from './settings.ts';

/** Nobody reads the answer; past this the connection is cut. */
const MAX_ANSWER_BYTES = 64 * 1024;
/** One for the request that is under way, and one in place of it where it was given up. */
const MAX_CONNECTIONS = 2;
/** What a server says that was asked, and does not want what it was told. */
const UNWANTED: ReadonlySet<number | undefined> = new Set([400, 413, 422]);

/** Your server, as it is told of events. */
export class Delivery {
  readonly #config: DeliveryConfig;
  readonly #endpoint: Endpoint;

  constructor(config: DeliveryConfig) {
    this.#config = config;
    this.#endpoint = new Endpoint({
      ...config,
      maxConnections: MAX_CONNECTIONS,
      maxAnswerBytes: MAX_ANSWER_BYTES,
      takesAnySuccess: true,
    });
  }

  /**
   * Tells all of them in one request, of which the id is the same where it is the same events.
   *
   * @throws HookFailure where that is not known to have happened
   */
  async tell(events: readonly WrittenEvent[]): Promise<void> {
    const { secret, deadlineMs } = this.#config;
    const body = `{"events":[${events.map(({ json }) => json).join(',')}]}`;
    const id = `${events[0]?.id ?? ''}-${String(events.length)}`;
    const headers = {
      'content-type': 'application/json',
      'user-agent': 'outcry',
      ...signRequest({ id, at: Date.now(), body }, secret),
    };
    await this.#endpoint.post({ body, headers, deadline: AbortSignal.timeout(deadlineMs) });
  }

  /** Whatever is under way fails. */
  close(): Promise<void> {
    return this.#endpoint.close();
  }
}

/** Whether the server has had a look at what it was told, and will never want it. */
export function isUnwanted({ kind, status }: HookFailure): boolean {
  return kind === FailureKind.Status && UNWANTED.has(status);
}
