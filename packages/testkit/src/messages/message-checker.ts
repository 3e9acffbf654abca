import {
  EntryKind,
  type LogEntry,
  type LoggedPosition,
  type MemberLog,
  type MessageHistory,
} from './message-history.ts';
import { RoomLedger, showPosition } from './message-ledger.ts';

/** Faults of each kind that are described; the others are only counted. */
const SHOWN_EXAMPLES = 3;

/** What must not happen, ever. Each fault counts under one of these only. */
export interface MessageFaults {
  /** Acknowledged messages that a member should have got, and did not get: each member's count. */
  readonly lost: number;
  /** Deliveries of what the member had already, and messages that stand in a room at two positions of one epoch. */
  readonly duplicated: number;
  /** Deliveries behind one with a greater `seq`. */
  readonly outOfOrder: number;
  /** Deliveries and acknowledgements that disagree with others on what stands at a position. */
  readonly mismatched: number;
  /** Breaks of continuity that nobody announced and that no acknowledged message accounts for. */
  readonly holes: number;
  /** Messages that nobody published, or whose publish was refused for good. */
  readonly phantoms: number;
  /** Acknowledged messages that no member got and that no member is known to have missed. */
  readonly unseen: number;
}

export interface MessageVerdict extends MessageFaults {
  readonly deliveries: number;
  readonly acknowledged: number;
  /** Members that came back and were told `recovered: true`. */
  readonly recovered: number;
  /** Members that came back and were told `recovered: false`. */
  readonly startedAfresh: number;
  readonly resets: number;
  readonly deliveriesByNode: Readonly<Record<string, number>>;
  /** The first few faults of each kind, in words. */
  readonly examples: readonly string[];
}

/** The faults of a run without any. */
export const NO_FAULTS: MessageFaults = {
  lost: 0,
  duplicated: 0,
  outOfOrder: 0,
  mismatched: 0,
  holes: 0,
  phantoms: 0,
  unseen: 0,
};

/**
 * Judges, from what everybody logged, whether the promise was kept: within an epoch, between the positions that a member was
 * given by `joined` and `reset`, every message came exactly once, in order, and the same for everybody.
 *
 * A member that has not left is expected to hold every acknowledged message of its room at the end.
 */
export function checkMessages(history: MessageHistory): MessageVerdict {
  const check = new Check();
  check.takePublishes(history);
  for (const log of history.logs) check.takeLog(log);
  check.findUnseen();
  return check.verdict;
}

type Counts = { -readonly [Count in keyof MessageFaults]: number };

class Check {
  readonly #counts: Counts = { ...NO_FAULTS };
  readonly #examples: string[] = [];
  readonly #rooms = new Map<string, RoomLedger>();
  readonly #deliveriesByNode = new Map<string, number>();
  #acknowledged = 0;
  #recovered = 0;
  #startedAfresh = 0;
  #resets = 0;

  get verdict(): MessageVerdict {
    return {
      ...this.#counts,
      deliveries: [...this.#deliveriesByNode.values()].reduce((sum, count) => sum + count, 0),
      acknowledged: this.#acknowledged,
      recovered: this.#recovered,
      startedAfresh: this.#startedAfresh,
      resets: this.#resets,
      deliveriesByNode: Object.fromEntries(this.#deliveriesByNode),
      examples: this.#examples,
    };
  }

  takePublishes({ publishes }: MessageHistory): void {
    for (const publish of publishes) {
      const ledger = this.#room(publish.room);
      ledger.published(publish);
      const { publisher, key, hash, outcome } = publish;
      if (outcome.kind !== 'ok') continue;
      this.#acknowledged += 1;
      const epoch = ledger.epoch(outcome.epoch);
      const known = epoch.hashAt(outcome.seq);
      const at = `${publish.room} ${showPosition(outcome)}`;
      if (known !== 0 && known !== hash) {
        this.#report('mismatched', `${publisher}'s ${key} was acknowledged as ${at}, and so was another message`);
        continue;
      }
      const other = epoch.store(outcome.seq, hash);
      if (other !== undefined) this.#report('duplicated', `${publisher}'s ${key} is ${at}, and ${String(other)}`);
      epoch.acknowledge(outcome.seq);
    }
  }

  takeLog(log: MemberLog): void {
    const walk = new Walk(log);
    for (const entry of log) {
      switch (entry.kind) {
        case EntryKind.Message:
          this.#takeMessage(walk, entry);
          break;
        case EntryKind.Joined:
          if (walk.position !== undefined) this.#startedAfresh += 1;
          this.#beginAgain(walk, entry);
          break;
        case EntryKind.Reset:
          this.#resets += 1;
          this.#beginAgain(walk, entry);
          break;
        case EntryKind.Renumbered:
          this.#renumber(walk, entry);
          break;
        case EntryKind.Resumed:
          this.#resume(walk, entry);
          break;
        case EntryKind.Stale:
        case EntryKind.Fresh:
          break;
      }
    }
    if (!log.hasLeft) this.#expectEverything(walk);
    this.#settle(walk);
  }

  findUnseen(): void {
    for (const [room, { epochs }] of this.#rooms) {
      for (const [epoch, ledger] of epochs) {
        for (const seq of ledger.unseen()) {
          // A room that goes on under another epoch keeps what it had: everybody may have got it in that one.
          const hash = ledger.hashAt(seq);
          if ([...epochs.values()].some((other) => other.hasDelivered(seq, hash))) continue;
          this.#report('unseen', `${room} ${showPosition({ epoch, seq })} reached nobody`);
        }
      }
    }
  }

  #takeMessage(walk: Walk, entry: LogEntry): void {
    const { node } = entry;
    this.#deliveriesByNode.set(node, (this.#deliveriesByNode.get(node) ?? 0) + 1);
    const order = walk.take(entry.seq);
    if (order !== 'next') this.#report(order, `${walk.who} got ${showPosition(entry)} from ${node}`);
    this.#compare(walk, entry);
  }

  /** Against what is known of the position; what nothing is known of is learned. */
  #compare({ who, room }: Walk, entry: LogEntry): void {
    const { epoch: name, seq, hash } = entry;
    const ledger = this.#room(room);
    const epoch = ledger.epoch(name);
    const known = epoch.hashAt(seq);
    epoch.deliver(seq);
    if (known === hash) return;
    const at = `${showPosition(entry)} from ${entry.node}`;
    if (known !== 0) {
      this.#report('mismatched', `${who} got another message as ${at} than others`);
      return;
    }
    const other = epoch.store(seq, hash);
    if (other !== undefined) this.#report('duplicated', `${who} got ${at}, which is also ${String(other)}`);
    else if (!ledger.mayHold(hash)) this.#report('phantoms', `${who} got ${at}, which nobody published`);
  }

  /** The same place under another name. */
  #renumber(walk: Walk, entry: LogEntry): void {
    if (walk.position?.seq !== entry.seq) {
      const held = walk.position === undefined ? 'nothing' : showPosition(walk.position);
      this.#report('holes', `${walk.who} held ${held} and was told that it goes on as ${showPosition(entry)}`);
    }
    this.#beginAgain(walk, entry);
  }

  #resume(walk: Walk, entry: LogEntry): void {
    this.#recovered += 1;
    const { position } = walk;
    if (position?.epoch === entry.epoch && position.seq === entry.seq) return;
    // The room has gone on under another epoch.
    if (position?.seq === entry.seq) {
      this.#beginAgain(walk, entry);
      return;
    }
    const held = position === undefined ? 'nothing' : showPosition(position);
    this.#report('holes', `${walk.who} held ${held} and was told that ${showPosition(entry)} is resumed`);
    this.#beginAgain(walk, entry);
  }

  #beginAgain(walk: Walk, position: LoggedPosition): void {
    this.#settle(walk);
    walk.begin(position);
  }

  #expectEverything(walk: Walk): void {
    const { newestEpoch } = this.#room(walk.room);
    if (newestEpoch === undefined) return;
    if (walk.position?.epoch === newestEpoch) {
      walk.expectUpTo(this.#room(walk.room).epoch(newestEpoch).acknowledgedHead);
    } else {
      this.#report('holes', `${walk.who} was never told of epoch ${newestEpoch}`);
    }
  }

  /** What the walk has missed since it began or was told to begin anew. */
  #settle(walk: Walk): void {
    if (walk.position === undefined) return;
    const { epoch } = walk.position;
    const ledger = this.#room(walk.room).epoch(epoch);
    for (const seq of walk.missing) {
      const what = `${walk.who} did not get ${showPosition({ epoch, seq })}`;
      if (ledger.isAcknowledged(seq)) {
        ledger.lose(seq);
        this.#report('lost', what);
      } else {
        this.#report('holes', what);
      }
    }
  }

  #room(name: string): RoomLedger {
    const known = this.#rooms.get(name);
    if (known !== undefined) return known;
    const ledger = new RoomLedger();
    this.#rooms.set(name, ledger);
    return ledger;
  }

  #report(kind: keyof MessageFaults, what: string): void {
    this.#counts[kind] += 1;
    if (this.#counts[kind] <= SHOWN_EXAMPLES) this.#examples.push(`${kind}: ${what}`);
  }
}

/** One member's way through the numbers of its room. */
class Walk {
  readonly room: string;
  readonly who: string;
  readonly #missing = new Set<number>();
  #position: LoggedPosition | undefined;

  constructor({ client, room }: MemberLog) {
    this.room = room;
    this.who = `${client} in ${room}`;
  }

  get position(): LoggedPosition | undefined {
    return this.#position;
  }

  /** Since the last `begin`. */
  get missing(): Iterable<number> {
    return this.#missing;
  }

  begin({ epoch, seq }: LoggedPosition): void {
    this.#missing.clear();
    this.#position = { epoch, seq };
  }

  take(seq: number): 'next' | 'outOfOrder' | 'duplicated' | 'holes' {
    if (this.#position === undefined) return 'holes';
    if (seq > this.#position.seq) {
      this.expectUpTo(seq - 1);
      this.#position = { epoch: this.#position.epoch, seq };
      return 'next';
    }
    return this.#missing.delete(seq) ? 'outOfOrder' : 'duplicated';
  }

  expectUpTo(seq: number): void {
    if (this.#position === undefined) return;
    for (let expected = this.#position.seq + 1; expected <= seq; expected++) this.#missing.add(expected);
  }
}
