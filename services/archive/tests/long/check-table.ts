import { appendSeq, encodeMessageHead, readMessageFrame } from '@outcry/protocol';
import type pg from 'pg';

import { payloadBytesOf, type RoomLedger } from './ledger.ts';
import { none, type Row, told } from './row.ts';

const TIME_BYTES = 8;
const SHOWN = 5;

interface StoredMessage {
  readonly epoch: string;
  readonly seq: number;
  readonly at: number;
  readonly sender: string;
  readonly frame: Buffer;
}

interface StoredGap {
  readonly epoch: string;
  readonly first: number;
  readonly last: number;
  readonly reason: string;
}

interface StoredRoom {
  readonly messages: readonly StoredMessage[];
  readonly gaps: readonly StoredGap[];
  /** Where epochs ended that another one went on from, as Redis said it. */
  readonly ends: ReadonlyMap<string, number>;
}

const COUNTS = {
  missing: 'acknowledged, and neither a row nor lost by Redis',
  untold: 'lost by Redis, and in no row of outcry.gaps',
  double: 'in two rows',
  disordered: 'in another order than they were said in',
  changed: 'with other bytes, sender or number',
  strange: 'that nobody said',
  holes: 'numbers that are in no row, and in no gap',
  denied: 'rows that a gap says are missing',
  trimmed: 'numbers trimmed before they were archived',
} as const;
type Count = keyof typeof COUNTS;

/** Compares the table with what was acknowledged, room by room. */
export class TableCheck {
  readonly #counts = Object.fromEntries(Object.keys(COUNTS).map((name) => [name, 0])) as Record<Count, number>;
  readonly #examples: string[] = [];
  #rows = 0;
  #lost = 0;

  /** The first few faults, in words. */
  get examples(): readonly string[] {
    return this.#examples;
  }

  get lost(): number {
    return this.#lost;
  }

  check(ledger: RoomLedger, room: StoredRoom): void {
    const { messages, gaps } = room;
    this.#rows += messages.length;
    const numbers = messages.map((message) => this.#numberOf(ledger, message));
    this.#checkOrder(ledger, messages, numbers);
    this.#checkHoles(ledger, room);
    for (const { reason, first, last } of gaps)
      if (reason === 'trimmed') this.#count('trimmed', ledger, last - first + 1);
    const places = new Map(messages.map(({ epoch, seq }, i) => [`${epoch} ${String(seq)}`, numbers[i]]));
    for (const { epoch, seq, n } of ledger.positions()) {
      const place = `${epoch} ${String(seq)}`;
      if (places.get(place) === n) continue;
      if (places.has(place)) this.#count('changed', `${ledger.room} ${place}: another message than ${String(n)}`);
      else this.#judgeLoss(ledger, { epoch, seq }, room);
    }
  }

  get rows(): readonly Row[] {
    const counts = Object.entries(COUNTS).map(([name, what]) => none(`… ${what}`, this.#counts[name as Count]));
    return [
      told('… rows, those that were said and not acknowledged included', String(this.#rows)),
      told('… acknowledged and lost by Redis, as outcry.gaps says', String(this.#lost)),
      ...counts,
    ];
  }

  /** The number of a message, whose bytes are what they have to be; 0 where nobody said such a thing. */
  #numberOf({ room, user, said }: RoomLedger, { epoch, seq, at, sender, frame }: StoredMessage): number {
    const place = `${room} ${epoch} ${String(seq)}`;
    const data = readMessageFrame(frame)?.data ?? new Uint8Array();
    const n = numberIn(data);
    if (n === 0 || n > said) {
      this.#count('strange', place);
      return 0;
    }
    const payload = payloadBytesOf(room, n);
    const whole = Buffer.from(appendSeq(encodeMessageHead({ room, from: user, at, data: payload }), seq));
    // By the clock of its gateway, which the table does not have beside the frame.
    const timeAt = whole.length - 9 - payload.length - TIME_BYTES;
    frame.copy(whole, timeAt, timeAt, timeAt + TIME_BYTES);
    if (!whole.equals(frame) || sender !== user) this.#count('changed', place);
    return n;
  }

  #checkOrder({ room }: RoomLedger, messages: readonly StoredMessage[], numbers: readonly number[]): void {
    const seen = new Set<number>();
    let last = 0;
    for (const [i, n] of numbers.entries()) {
      const message = messages[i];
      const place = `${room} ${message?.epoch ?? ''} ${String(message?.seq)}: ${String(n)}`;
      if (seen.has(n)) this.#count('double', place);
      else if (n < last) this.#count('disordered', `${place} behind ${String(last)}`);
      seen.add(n);
      last = Math.max(last, n);
    }
  }

  /** Numbers between the first and the last of each epoch that are nowhere, and those that are where they should not be. */
  #checkHoles({ room }: RoomLedger, { messages, gaps }: StoredRoom): void {
    const inGap = (epoch: string, seq: number): boolean =>
      gaps.some((gap) => gap.epoch === epoch && gap.first <= seq && seq <= gap.last);
    const lasts = new Map<string, number>();
    for (const { epoch, seq } of messages) {
      if (inGap(epoch, seq)) this.#count('denied', `${room} ${epoch} ${String(seq)}`);
      for (let hole = (lasts.get(epoch) ?? seq - 1) + 1; hole < seq; hole++) {
        if (!inGap(epoch, hole)) this.#count('holes', `${room} ${epoch} ${String(hole)}`);
      }
      lasts.set(epoch, seq);
    }
  }

  #judgeLoss({ room }: RoomLedger, { epoch, seq }: { epoch: string; seq: number }, { gaps, ends }: StoredRoom): void {
    const place = `${room} ${epoch} ${String(seq)}`;
    const told = gaps.filter((gap) => gap.epoch === epoch && gap.first <= seq && seq <= gap.last);
    // It is counted where the gap is.
    if (told.some(({ reason }) => reason === 'trimmed')) return;
    if (seq <= (ends.get(epoch) ?? Infinity)) this.#count('missing', place);
    else if (told.length > 0) this.#lost += 1;
    else this.#count('untold', place);
  }

  #count(name: Count, place: string | RoomLedger, count = 1): void {
    this.#counts[name] += count;
    const words = typeof place === 'string' ? place : place.room;
    if (this.#counts[name] <= SHOWN) this.#examples.push(`${COUNTS[name]}: ${words}`);
  }
}

/** Reads all that is stored of the rooms, one after the other. */
export async function checkTable(owner: pg.ClientBase, ledgers: readonly RoomLedger[]): Promise<TableCheck> {
  const check = new TableCheck();
  for (const ledger of ledgers) check.check(ledger, await readRoom(owner, ledger.room));
  for (const example of check.examples) process.stderr.write(`${example}\n`);
  return check;
}

async function readRoom(owner: pg.ClientBase, room: string): Promise<StoredRoom> {
  const { rows: messages } = await owner.query<StoredMessage & { seq: string; at: string }>(
    `SELECT epoch, seq, (extract(epoch FROM sent_at) * 1000)::bigint AS at, sender, frame FROM outcry.messages WHERE room = $1
     ORDER BY sent_at, seq`,
    [room],
  );
  const { rows: gaps } = await owner.query<{
    epoch: string;
    first_seq: string;
    last_seq: string | null;
    reason: string;
  }>('SELECT epoch, first_seq, last_seq, reason FROM outcry.gaps WHERE room = $1', [room]);
  const { rows: ends } = await owner.query<{ epoch: string; last_seq: string }>(
    'SELECT epoch, last_seq FROM outcry.numberings WHERE room = $1',
    [room],
  );
  return {
    messages: messages.map((row) => ({ ...row, seq: Number(row.seq), at: Number(row.at) })),
    gaps: gaps.map(({ epoch, first_seq: first, last_seq: last, reason }) => ({
      ...{ epoch, first: Number(first), last: last === null ? Infinity : Number(last), reason },
    })),
    ends: new Map(ends.map(({ epoch, last_seq: last }) => [epoch, Number(last)])),
  };
}

/** Of `{ n, text }`, in msgpack; 0 where it is none. */
function numberIn(data: Uint8Array): number {
  const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  if (bytes.length < 4 || bytes[0] !== 0x82 || bytes.toString('latin1', 1, 3) !== '\xa1n') return 0;
  const [head = 0] = bytes.subarray(3);
  if (head < 0x80) return head;
  if (head === 0xcc) return bytes.readUInt8(4);
  if (head === 0xcd) return bytes.readUInt16BE(4);
  return head === 0xce ? bytes.readUInt32BE(4) : 0;
}
