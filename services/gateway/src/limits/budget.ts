import { OutcryError, type SharedLimits } from '@outcry/broker';
import type { Logger } from '@outcry/service';

export interface BudgetOptions {
  readonly shared: Pick<SharedLimits, 'spend'>;
  /** Stands before the names of the subjects in what the nodes share. */
  readonly name: string;
  /** For each subject, in the window, over all nodes. 0 is no limit. */
  readonly max: number;
  readonly windowMs: number;
  readonly logger: Logger;
}

/** What one subject has spent here. */
interface Account {
  /** Not told to the other nodes yet. */
  unsettled: number;
  isSettling: boolean;
  /** Monotonic. */
  refusedUntil: number;
}

/** A part of a budget that is settled at once, so that spending costs the cluster next to nothing. */
const SETTLED_PARTS = 64;
/** With one more, the oldest is settled and forgotten. */
const MAX_ACCOUNTS = 50_000;

/**
 * What subjects may spend over all nodes. Each node counts by itself and settles now and then: so nothing is asked before
 * something is spent, and a subject can spend more than it may by one part of its budget for each node, and what is on the way.
 */
export class Budget {
  readonly #options: BudgetOptions;
  readonly #part: number;
  readonly #accounts = new Map<string, Account>();

  constructor(options: BudgetOptions) {
    this.#options = options;
    this.#part = Math.max(1, options.max / SETTLED_PARTS);
  }

  /** For how many ms the subject may spend nothing; 0 where it may. */
  waitMs(subject: string): number {
    const refusedUntil = this.#accounts.get(subject)?.refusedUntil ?? 0;
    return Math.max(0, refusedUntil - performance.now());
  }

  /** Something was spent, whether or not it was allowed. */
  spend(subject: string, amount: number): void {
    if (this.#options.max === 0) return;
    let account = this.#accounts.get(subject);
    if (account === undefined) {
      this.#makeRoom();
      this.#accounts.set(subject, (account = { unsettled: 0, isSettling: false, refusedUntil: 0 }));
    }
    account.unsettled += amount;
    if (account.unsettled >= this.#part && !account.isSettling) void this.#settle(subject, account);
  }

  #makeRoom(): void {
    if (this.#accounts.size < MAX_ACCOUNTS) return;
    for (const [subject, account] of this.#accounts) {
      this.#accounts.delete(subject);
      if (!account.isSettling) void this.#settle(subject, account);
      return;
    }
  }

  async #settle(subject: string, account: Account): Promise<void> {
    const { shared, name, max, windowMs, logger } = this.#options;
    account.isSettling = true;
    try {
      while (account.unsettled >= this.#part || !this.#accounts.has(subject)) {
        const amount = account.unsettled;
        if (amount === 0) return;
        const waitMs = await shared.spend({ subject: `${name}:${subject}`, amount, max, windowMs });
        account.unsettled -= amount;
        account.refusedUntil = performance.now() + waitMs;
      }
    } catch (err) {
      if (!(err instanceof OutcryError)) throw err;
      // It is told with what comes next. A limit that cannot be asked for refuses nobody.
      logger.debug({ err }, 'budget not settled');
    } finally {
      account.isSettling = false;
    }
  }
}
