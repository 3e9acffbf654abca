import type { Connection } from '../connections/connection.ts';
import type { SessionNotice } from './control-notice.ts';

/** How long a round keeps the loop to itself. */
const MAX_TURN_MS = 1;
/** Connections between two looks at the clock: most are nobody's whom a notice is about. */
const STRIDE = 64;

export interface NoticeRoundsOptions {
  readonly connections: Iterable<Connection>;
  /** Of those that wait for a round. */
  readonly maxNotices: number;
  readonly maxBytes: number;
  /** Does what a notice wants. Never throws. */
  readonly carryOut: (notice: SessionNotice, connection: Connection) => void;
}

/**
 * Brings notices to the connections that they are about. An index by user would cost each connection something, for what most never
 * meet. So every connection is looked at, once for all notices that wait, a little in each turn of the loop: however many notices
 * come, they cost others no more than that. Those about one user come in their order.
 */
export class NoticeRounds {
  readonly #options: NoticeRoundsOptions;
  #waiting: SessionNotice[] = [];
  #bytes = 0;
  #isUnderWay = false;

  constructor(options: NoticeRoundsOptions) {
    this.#options = options;
  }

  /** Whether there was room for it. */
  add(notice: SessionNotice, bytes: number): boolean {
    const { maxNotices, maxBytes } = this.#options;
    if (this.#waiting.length >= maxNotices || this.#bytes + bytes > maxBytes) return false;
    this.#waiting.push(notice);
    this.#bytes += bytes;
    if (!this.#isUnderWay)
      this.#goOnLater(() => {
        this.#begin();
      });
    return true;
  }

  #begin(): void {
    const notices = groupByTarget(this.#waiting);
    this.#waiting = [];
    this.#bytes = 0;
    this.#goOn(notices, this.#options.connections[Symbol.iterator]());
  }

  #goOn(notices: NoticesByTarget, ahead: Iterator<Connection>): void {
    const startedAt = performance.now();
    while (performance.now() - startedAt < MAX_TURN_MS) {
      for (let i = 0; i < STRIDE; i += 1) {
        const next = ahead.next();
        if (next.done === true) {
          this.#end();
          return;
        }
        this.#visit(next.value, notices);
      }
    }
    this.#goOnLater(() => {
      this.#goOn(notices, ahead);
    });
  }

  #end(): void {
    this.#isUnderWay = false;
    if (this.#waiting.length > 0)
      this.#goOnLater(() => {
        this.#begin();
      });
  }

  #goOnLater(step: () => void): void {
    this.#isUnderWay = true;
    setImmediate(step);
  }

  #visit(connection: Connection, { byUser, byConnection }: NoticesByTarget): void {
    const { carryOut } = this.#options;
    const ofUser = connection.identity && byUser.get(connection.identity.user);
    const ofItself = connection.connection === undefined ? undefined : byConnection.get(connection.connection);
    for (const notice of ofUser ?? []) carryOut(notice, connection);
    for (const notice of ofItself ?? []) carryOut(notice, connection);
  }
}

interface NoticesByTarget {
  readonly byUser: ReadonlyMap<string, readonly SessionNotice[]>;
  readonly byConnection: ReadonlyMap<string, readonly SessionNotice[]>;
}

function groupByTarget(notices: readonly SessionNotice[]): NoticesByTarget {
  const byUser = new Map<string, SessionNotice[]>();
  const byConnection = new Map<string, SessionNotice[]>();
  const add = (group: Map<string, SessionNotice[]>, name: string, notice: SessionNotice): void => {
    const known = group.get(name);
    if (known === undefined) group.set(name, [notice]);
    else known.push(notice);
  };
  for (const notice of notices) {
    if (notice.user !== undefined) add(byUser, notice.user, notice);
    if (notice.connection !== undefined) add(byConnection, notice.connection, notice);
  }
  return { byUser, byConnection };
}
