/** What a member's coming or going was: several at once where it was the first, or the last. */
export const TransitionKind = {
  Occupied: 'occupied',
  Joined: 'joined',
  Left: 'left',
  Vacated: 'vacated',
} as const;
export type TransitionKind = (typeof TransitionKind)[keyof typeof TransitionKind];

interface Place {
  /** Its number in its partition, without holes. */
  readonly seq: number;
  /** Where it is stored. */
  readonly key: string;
  /** When it was written down, in Unix milliseconds by the broker's clock. Goes up with `seq`. */
  readonly at: number;
}

/** A member came or went. */
export interface Transition extends Place {
  /** Nothing else ever has it, whatever the broker loses and numbers again. */
  readonly id: string;
  /** In their order; as far as they are told. */
  readonly kinds: readonly TransitionKind[];
  readonly room: string;
  readonly user: string;
  /** Users in the room behind it. */
  readonly count: number;
}

/** A dead letter on its way again. */
export interface Resent extends Place {
  /** As `DeadLetter`. */
  readonly letter: string;
}

export type JournalEntry = Transition | Resent;

export interface DeadLetter {
  readonly id: string;
  /** What was to be sent, as whoever sends writes it. */
  readonly letter: string;
}

/** What somebody who follows the events has not been told, and so does not know. */
export interface Missing {
  /** The same each time that this is read, until something behind it has been settled. */
  readonly id: string;
  /** Events that are lost; undefined where nobody knows: a numbering begins, or the broker's store was restarted or replaced. */
  readonly lost: number | undefined;
  /** Events that went to the dead letters unseen. */
  readonly undelivered: number;
}

/** What is written down and not settled, as of one moment. */
export interface JournalPage {
  readonly entries: readonly JournalEntry[];
  /** What is to be told before the entries. */
  readonly missing: Missing | undefined;
  /** How many entries there are in all. */
  readonly size: number;
  /** For `settle`. */
  readonly state: JournalState;
}

/** What has become of a partition's events, as a page has found it. */
export interface JournalState {
  readonly epoch: string;
  /** The last that is done with, those that are lost included. */
  readonly sent: number;
  readonly lost: number;
  readonly undelivered: number;
  readonly told: string;
}

/** What has become of a page. */
export interface Settlement {
  /** The last entry that is done with; undefined where none is. */
  readonly upTo: JournalEntry | undefined;
  /** Whether what is missing has been told. */
  readonly isMissingTold: boolean;
  /** What goes to the dead letters: in their stream the oldest make room for them. */
  readonly dead: readonly DeadLetter[];
  /** How many of those went there unseen: that is told with what is missing next. */
  readonly undelivered: number;
}

export interface Holder {
  readonly partition: number;
  /** Of the lease under which it is read. */
  readonly fence: number;
}

/**
 * What comes and goes in the cluster, written down in the step in which it happens, by partition, of which there are
 * `PARTITION_COUNT`. Of one room everything is in one partition, in its order. One at a time takes what there is: a partition is closed
 * to whoever comes with a lower fence than was seen, who gets `fenced`. Every call rejects with an `OutcryError`: that, `unavailable` or
 * `closed`.
 */
export interface EventJournal {
  /** Closes the partition to lower fences. Called again within a day: it keeps what is stored from being forgotten for its age. */
  claim(holder: Holder): Promise<void>;
  /** The oldest that are not settled, up to `max`. */
  read(holder: Holder, max: number): Promise<JournalPage>;
  /** Takes what is done with off the journal. A page is settled once; one of a numbering that has ended since is not, and nothing of it. */
  settle(holder: Holder, page: JournalPage, settlement: Settlement): Promise<void>;
  /** Calls back when a partition that was empty has something. Hints: one may be lost. */
  watch(partition: number, onHappened: () => void): Promise<void>;
  /** Ends that at once. Never rejects. */
  unwatch(partition: number): Promise<void>;
  /** Puts all dead letters of a partition behind what is in its journal, in their order. Resolves with how many. */
  resend(partition: number): Promise<number>;
}
