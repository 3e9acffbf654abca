import { encodePayload } from '@outcry/protocol';

/** Of texts that are said: some long, most short. */
const LENGTHS = [0, 8, 20, 40, 60, 90, 140, 400];

interface Epoch {
  /** By seq, the number of the message that was acknowledged there; 0 where none was. */
  readonly acknowledged: Uint32Array<ArrayBuffer>[];
}

const BLOCK = 1024;

/** What one room has been told and what was acknowledged of it: each message once, by its number. */
export class RoomLedger {
  readonly room: string;
  /** Who speaks in it: one alone, so the order in which things are said is that of their numbers. */
  readonly user: string;
  readonly #epochs = new Map<string, Epoch>();
  #said = 0;
  #acknowledged = 0;

  constructor(room: string, user: string) {
    this.room = room;
    this.user = user;
  }

  get said(): number {
    return this.#said;
  }

  get acknowledged(): number {
    return this.#acknowledged;
  }

  /** The number of the next message, which is said now. */
  next(): number {
    this.#said += 1;
    return this.#said;
  }

  acknowledge(n: number, { epoch: name, seq }: { readonly epoch: string; readonly seq: number }): void {
    const epoch = this.#epochs.get(name) ?? { acknowledged: [] };
    this.#epochs.set(name, epoch);
    const block = (epoch.acknowledged[Math.floor(seq / BLOCK)] ??= new Uint32Array(BLOCK));
    block[seq % BLOCK] = n;
    this.#acknowledged += 1;
  }

  /** Every acknowledgement. */
  *positions(): Generator<{ readonly epoch: string; readonly seq: number; readonly n: number }> {
    for (const [epoch, { acknowledged }] of this.#epochs) {
      for (const [i, block] of acknowledged.entries()) {
        for (const [j, n] of (block as Uint32Array | undefined)?.entries() ?? [])
          if (n > 0) yield { epoch, seq: i * BLOCK + j, n };
      }
    }
  }
}

/** What the message of a number says: it can be made anew, so nothing has to be kept to compare it with. */
export function payloadOf(room: string, n: number): object {
  return { n, text: room.repeat(20).slice(0, LENGTHS[n % LENGTHS.length]) };
}

export function payloadBytesOf(room: string, n: number): Buffer {
  return Buffer.from(encodePayload(payloadOf(room, n)));
}
