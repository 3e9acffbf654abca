import type { Connection } from '../connections/connection.ts';
import type { Connections } from '../connections/connections.ts';
import type { SessionNotice } from './control-notice.ts';

/** How long a round keeps the loop to itself. */
const MAX_TURN_MS = 1;
/** Steps between two looks at the clock: of most connections the only one is that no notice is about them. */
const STRIDE = 64;

export interface NoticeRoundsOptions {
  readonly connections: Iterable<Connection> & Pick<Connections, 'has'>;
  /** Of those that wait for a round. */
  readonly maxNotices: number;
  readonly maxBytes: number;
  /** Does what a notice wants. Never throws. */
  readonly carryOut: (notice: SessionNotice, connection: Connection) => void;
}

/**
 * Brings notices to the connections that they are about. An index by user would cost each connection something, for what most never
 * meet. So every connection is looked at, once for all notices that wait, a little in each turn of the loop: however many notices
 * come, they cost others no more than that. Those about one connection come in their order, whether they name it or its user.
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
    this.#goOn(this.#stepsOf(notices));
  }

  #goOn(ahead: Iterator<void>): void {
    const startedAt = performance.now();
    while (performance.now() - startedAt < MAX_TURN_MS) {
      for (let i = 0; i < STRIDE; i += 1) {
        if (ahead.next().done === true) {
          this.#end();
          return;
        }
      }
    }
    this.#goOnLater(() => {
      this.#goOn(ahead);
    });
  }

  /** Each look at a connection is one, and each notice that is brought to it: of those there may be thousands. */
  *#stepsOf(notices: NoticesByTarget): Generator<void, void> {
    const { connections, carryOut } = this.#options;
    for (const connection of connections) {
      for (const { notice } of noticesAbout(connection, notices)) {
        // It may have ended since the notice before this one.
        if (connections.has(connection)) carryOut(notice, connection);
        yield;
      }
      yield;
    }
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
}

/** A notice, and how many came before it. */
interface Numbered {
  readonly notice: SessionNotice;
  readonly order: number;
}

interface NoticesByTarget {
  readonly byUser: ReadonlyMap<string, readonly Numbered[]>;
  readonly byConnection: ReadonlyMap<string, readonly Numbered[]>;
}

const NONE: readonly Numbered[] = [];

/** In the order in which they came. */
function noticesAbout(
  { identity, connection }: Connection,
  { byUser, byConnection }: NoticesByTarget,
): readonly Numbered[] {
  const ofUser = identity === undefined ? undefined : byUser.get(identity.user);
  const ofItself = connection === undefined ? undefined : byConnection.get(connection);
  if (ofUser === undefined || ofItself === undefined) return ofUser ?? ofItself ?? NONE;
  return [...ofUser, ...ofItself].sort((a, b) => a.order - b.order);
}

function groupByTarget(notices: readonly SessionNotice[]): NoticesByTarget {
  const byUser = new Map<string, Numbered[]>();
  const byConnection = new Map<string, Numbered[]>();
  const add = (group: Map<string, Numbered[]>, name: string, notice: Numbered): void => {
    const known = group.get(name);
    if (known === undefined) group.set(name, [notice]);
    else known.push(notice);
  };
  for (const [order, notice] of notices.entries()) {
    if (notice.user !== undefined) add(byUser, notice.user, { notice, order });
    if (notice.connection !== undefined) add(byConnection, notice.connection, { notice, order });
  }
  return { byUser, byConnection };
}
