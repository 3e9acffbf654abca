import { NumberList } from './number-list.ts';

export interface LoggedPosition {
  readonly epoch: string;
  readonly seq: number;
}

/** What came of a publish: `unknown` where it may have been stored, and nobody has been told so. */
export type PublishOutcome = ({ readonly kind: 'ok' } & LoggedPosition) | { readonly kind: 'failed' | 'unknown' };

export interface LoggedPublish {
  readonly publisher: string;
  readonly room: string;
  readonly key: string;
  /** See `payloadHash`. Payloads of one room differ, or their messages cannot be told apart. */
  readonly hash: number;
  readonly outcome: PublishOutcome;
}

export const EntryKind = { Message: 0, Joined: 1, Resumed: 2, Reset: 3, Stale: 4, Fresh: 5, Renumbered: 6 } as const;
export type EntryKind = (typeof EntryKind)[keyof typeof EntryKind];

/** One thing that a member was told. */
export interface LogEntry extends LoggedPosition {
  readonly kind: EntryKind;
  /** The gateway that said so. */
  readonly node: string;
  /** 0 where the entry is no message. */
  readonly hash: number;
}

/** What one client was told of one room, over all of its connections, in the order in which it came. Nothing is left out. */
export class MemberLog {
  readonly client: string;
  readonly room: string;
  readonly #names: Names;
  readonly #heads = new NumberList();
  readonly #seqs = new NumberList();
  readonly #hashes = new NumberList();
  #node = 0;
  #epoch = 0;
  #hasLeft = false;

  constructor({ client, room }: { client: string; room: string }, names: Names) {
    this.client = client;
    this.room = room;
    this.#names = names;
  }

  get length(): number {
    return this.#seqs.length;
  }

  /** Whether the client has left by itself: what came to the room later is none of its business. */
  get hasLeft(): boolean {
    return this.#hasLeft;
  }

  joined({ node, epoch, seq, recovered }: LoggedPosition & { node: string; recovered: boolean }): void {
    this.#node = this.#names.idOf(node);
    this.#epoch = this.#names.idOf(epoch);
    this.#add(recovered ? EntryKind.Resumed : EntryKind.Joined, seq);
  }

  /** A message has no epoch on the wire: it is that of the last `joined` or `reset`. */
  message(seq: number, hash: number): void {
    this.#add(EntryKind.Message, seq, hash);
  }

  reset({ epoch, seq, recovered = false }: LoggedPosition & { recovered?: boolean | undefined }): void {
    this.#epoch = this.#names.idOf(epoch);
    this.#add(recovered ? EntryKind.Renumbered : EntryKind.Reset, seq);
  }

  stale(): void {
    this.#add(EntryKind.Stale, 0);
  }

  fresh(): void {
    this.#add(EntryKind.Fresh, 0);
  }

  left(): void {
    this.#hasLeft = true;
  }

  *[Symbol.iterator](): Generator<LogEntry> {
    for (let i = 0; i < this.length; i++) {
      const head = this.#heads.at(i);
      yield {
        kind: (head % KINDS) as EntryKind,
        node: this.#names.nameOf(Math.floor(head / KINDS) % MAX_NAMES),
        epoch: this.#names.nameOf(Math.floor(head / KINDS / MAX_NAMES)),
        seq: this.#seqs.at(i),
        hash: this.#hashes.at(i),
      };
    }
  }

  /** Kind, node and epoch share one number. */
  #add(kind: EntryKind, seq: number, hash = 0): void {
    this.#heads.push(kind + KINDS * (this.#node + MAX_NAMES * this.#epoch));
    this.#seqs.push(seq);
    this.#hashes.push(hash);
  }
}

/** Everything that the members and publishers of a run have seen: what `checkMessages` judges. */
export class MessageHistory {
  readonly #names = new Names();
  readonly #logs: MemberLog[] = [];
  readonly #publishes: LoggedPublish[] = [];

  get logs(): readonly MemberLog[] {
    return this.#logs;
  }

  /** In the order in which they were settled. */
  get publishes(): readonly LoggedPublish[] {
    return this.#publishes;
  }

  /** The log of a client in a room: one for both, whatever the client's connections. */
  openLog(of: { readonly client: string; readonly room: string }): MemberLog {
    const log = new MemberLog(of, this.#names);
    this.#logs.push(log);
    return log;
  }

  published(publish: LoggedPublish): void {
    this.#publishes.push(publish);
  }
}

const KINDS = 8;
const MAX_NAMES = 2 ** 20;

/** Nodes and epochs are few and named often: in a log each is a number. */
class Names {
  readonly #ids = new Map<string, number>();
  readonly #names: string[] = [];

  idOf(name: string): number {
    const known = this.#ids.get(name);
    if (known !== undefined) return known;
    if (this.#names.length === MAX_NAMES) throw new Error('too many nodes and epochs');
    this.#ids.set(name, this.#names.length);
    return this.#names.push(name) - 1;
  }

  nameOf(id: number): string {
    return this.#names[id] ?? '';
  }
}
