import type { BackplaneEvents, OutcryError, ServerInfo, StorageStatus } from '@outcry/broker';
import type { Logger } from 'pino';

/** A fault that lasts is told again and again; in the log it is once in so long. */
const REPEATED_AFTER_MS = 60_000;
/** Faults that differ: of each server of a cluster a few. */
const MAX_REMEMBERED = 256;

/** What a backplane tells, as lines of a log. */
export class BackplaneLog implements BackplaneEvents {
  readonly #logger: Pick<Logger, 'info' | 'warn'>;
  #policy: string | undefined;
  /** By their words, when each was told last. */
  readonly #told = new Map<string, number>();
  /** What a start has waited for. */
  readonly #awaited = new Set<string>();

  constructor(logger: Pick<Logger, 'info' | 'warn'>) {
    this.#logger = logger;
  }

  readonly onServer = ({ version, evictionPolicy, maxMemoryBytes, needsReplicas }: ServerInfo): void => {
    this.#told.clear();
    if (evictionPolicy === this.#policy) return;
    this.#policy = evictionPolicy;
    const fields = { redisVersion: version, evictionPolicy, maxMemoryBytes, needsReplicas };
    this.#logger.info(fields, 'redis found');
    if (evictionPolicy === 'noeviction' || evictionPolicy === '') return;
    this.#logger.warn(fields, 'redis forgets what is stored when its memory is full; set maxmemory-policy noeviction');
  };

  readonly onFault = (err: OutcryError): void => {
    const now = performance.now();
    if (now - (this.#told.get(err.message) ?? -Infinity) < REPEATED_AFTER_MS) return;
    if (this.#told.size >= MAX_REMEMBERED) this.#told.clear();
    this.#told.set(err.message, now);
    this.#logger.warn({ err }, 'redis fault');
  };

  /** Each reason once, however long it lasts: `/readyz` has it all the time. */
  readonly onWaiting = ({ message: reason }: OutcryError): void => {
    if (this.#awaited.has(reason) || this.#awaited.size >= MAX_REMEMBERED) return;
    this.#awaited.add(reason);
    this.#logger.warn({ reason }, 'waiting for redis');
  };

  readonly onStorage = (storage: StorageStatus): void => {
    if (storage.state === 'writable') this.#logger.info({ storage: storage.state }, 'redis stores messages again');
    else this.#logger.warn({ storage: storage.state, reason: storage.reason }, 'redis stores no messages');
  };

  readonly onUnreadable = (channel: string): void => {
    this.#logger.warn({ channel }, 'something on a channel of ours is not ours');
  };
}
