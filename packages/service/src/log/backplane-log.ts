import type { BackplaneEvents, OutcryError, ServerInfo, StorageStatus } from '@outcry/broker';
import type { Logger } from 'pino';

/** A fault that lasts is told again and again; in the log it is once in so long. */
const REPEATED_AFTER_MS = 60_000;

/** What a backplane tells, as lines of a log. */
export class BackplaneLog implements BackplaneEvents {
  readonly #logger: Pick<Logger, 'info' | 'warn'>;
  #policy: string | undefined;
  #lastFault = '';
  #loggedAt = -Infinity;

  constructor(logger: Pick<Logger, 'info' | 'warn'>) {
    this.#logger = logger;
  }

  readonly onServer = ({ version, evictionPolicy, maxMemoryBytes, needsReplicas }: ServerInfo): void => {
    this.#lastFault = '';
    if (evictionPolicy === this.#policy) return;
    this.#policy = evictionPolicy;
    const fields = { redisVersion: version, evictionPolicy, maxMemoryBytes, needsReplicas };
    this.#logger.info(fields, 'redis found');
    if (evictionPolicy === 'noeviction' || evictionPolicy === '') return;
    this.#logger.warn(fields, 'redis forgets what is stored when its memory is full; set maxmemory-policy noeviction');
  };

  readonly onFault = (err: OutcryError): void => {
    const now = performance.now();
    if (err.message === this.#lastFault && now - this.#loggedAt < REPEATED_AFTER_MS) return;
    this.#lastFault = err.message;
    this.#loggedAt = now;
    this.#logger.warn({ err }, 'redis fault');
  };

  readonly onStorage = (storage: StorageStatus): void => {
    if (storage.state === 'writable') this.#logger.info({ storage: storage.state }, 'redis stores messages again');
    else this.#logger.warn({ storage: storage.state, reason: storage.reason }, 'redis stores no messages');
  };

  readonly onUnreadable = (channel: string): void => {
    this.#logger.warn({ channel }, 'something on a channel of ours is not ours');
  };
}
