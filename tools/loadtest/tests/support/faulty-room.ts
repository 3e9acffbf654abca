import { appendSeq, type ClientFrameOf, decodePayload, encodeMessageHead, encodePayload } from '@outcry/protocol';
import type { WebSocket } from 'ws';

/**
 * What becomes of every tenth message on its way to the members: it does not come, comes twice, comes behind the next one,
 * with another text, under a second number as well, or to the odd members in the place of the next one.
 */
export type DeliveryFault = 'drop' | 'repeat' | 'swap' | 'alter' | 'double' | 'exchange';

/** What becomes of every tenth acknowledgement: none comes, it names the number before, or one of another epoch. */
export type AckFault = 'silent' | 'misnumbered' | 'elsewhere';

export interface RoomFaults {
  readonly delivery?: DeliveryFault;
  readonly ack?: AckFault;
  /** Whether a message that is published again under its key is stored again. */
  readonly forgetsKeys?: boolean;
}

export interface Member {
  readonly socket: WebSocket;
  /** Some members are told something else than others. */
  readonly isOdd: boolean;
}

export interface Place {
  readonly epoch: string;
  readonly seq: number;
}

interface Stored {
  readonly room: string;
  readonly data: Uint8Array;
  readonly seq: number;
}

const EPOCH = 'epoch-1';
const OTHER_EPOCH = 'epoch-2';
const EVERY = 10;
/** Never the last of a round number of messages, for which a next one would be waited in vain. */
const FAULTY = 5;

/** A room that does one thing wrong with every tenth message. */
export class FaultyRoom {
  readonly #faults: RoomFaults;
  readonly #members = new Set<Member>();
  readonly #stored: Stored[] = [];
  readonly #places = new Map<string, Place>();
  #seq = 0;
  #held: Stored | undefined;

  constructor(faults: RoomFaults) {
    this.#faults = faults;
  }

  get place(): Place {
    return { epoch: EPOCH, seq: this.#seq };
  }

  add(member: Member): void {
    this.#members.add(member);
    member.socket.once('close', () => this.#members.delete(member));
  }

  /** Sends a member what it has missed. */
  replay({ socket }: Member, seq: number): void {
    for (const stored of this.#stored) if (stored.seq > seq) socket.send(toFrame(stored));
  }

  /** Stores and delivers, or knows the key; the place is what the publisher is to be told, if anything. */
  publish({ room, data, key = '' }: ClientFrameOf<'publish'>): Place | undefined {
    const known = this.#faults.forgetsKeys === true ? undefined : this.#places.get(key);
    if (known !== undefined) return known;
    // The bytes are valid only while their frame is handled.
    const stored = { room, data: data.slice(), seq: this.#next() };
    this.#stored.push(stored);
    this.#places.set(key, { epoch: EPOCH, seq: stored.seq });
    const isFaulty = stored.seq % EVERY === FAULTY;
    const held = this.#held;
    this.#held = undefined;
    this.#deliver(stored, { held, fault: isFaulty || held !== undefined ? this.#faults.delivery : undefined });
    return this.#placeToTell(stored.seq, isFaulty);
  }

  #deliver(
    stored: Stored,
    { held, fault }: { readonly held: Stored | undefined; readonly fault: DeliveryFault | undefined },
  ): void {
    const again = fault === 'double' ? { ...stored, seq: this.#next() } : stored;
    if (held === undefined && (fault === 'swap' || fault === 'exchange')) this.#held = stored;
    const sentTo = ({ isOdd }: Member): readonly Stored[] => {
      switch (fault) {
        case undefined:
          return [stored];
        case 'drop':
          return [];
        case 'repeat':
        case 'double':
          return [stored, again];
        case 'alter':
          return [{ ...stored, data: alter(stored.data) }];
        case 'swap':
          return held === undefined ? [] : [stored, held];
        case 'exchange':
          if (!isOdd) return [stored];
          return held === undefined
            ? []
            : [
                { ...held, data: stored.data },
                { ...stored, data: held.data },
              ];
      }
    };
    for (const member of this.#members) for (const one of sentTo(member)) member.socket.send(toFrame(one));
  }

  #placeToTell(seq: number, isFaulty: boolean): Place | undefined {
    switch (isFaulty ? this.#faults.ack : undefined) {
      case undefined:
        return { epoch: EPOCH, seq };
      case 'silent':
        return undefined;
      case 'misnumbered':
        return { epoch: EPOCH, seq: seq - 1 };
      case 'elsewhere':
        return { epoch: OTHER_EPOCH, seq };
    }
  }

  #next(): number {
    this.#seq++;
    return this.#seq;
  }
}

function toFrame({ room, data, seq }: Stored): Uint8Array {
  return appendSeq(encodeMessageHead({ room, from: 'somebody', at: Date.now(), data }), seq);
}

/** The same publish with a letter less, as a relay that cuts texts would send it. */
function alter(data: Uint8Array): Uint8Array {
  const payload = decodePayload(data) as { readonly padding: string };
  return encodePayload({ ...payload, padding: payload.padding.slice(1) });
}
