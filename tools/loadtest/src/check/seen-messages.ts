import type { Claim, RoomClaims } from './claims.ts';
import { RecentMap } from './recent-map.ts';

/** Of older ones it is not known any more what they were: they are told of again, and compared where all is known. */
const MAX_PLACES = 250_000;

interface Fresh {
  readonly delivered: Claim[];
  readonly acknowledged: Claim[];
}

/** What the members of one worker were sent: the first to be sent a number says what it stands for, the others have to agree. */
export class SeenMessages {
  readonly #places = new RecentMap<string, number>(MAX_PLACES);
  #fresh = new Map<string, Fresh>();

  /** Notes what a member was sent, by room and epoch; false where another member was sent something else. */
  delivered(key: string, [seq, message]: Claim): boolean {
    const place = `${key} ${String(seq)}`;
    const known = this.#places.get(place);
    if (known !== undefined) return known === message;
    this.#places.set(place, message);
    this.#freshOf(key).delivered.push([seq, message]);
    return true;
  }

  /** Notes what a publisher was told. */
  acknowledged(key: string, claim: Claim): void {
    this.#freshOf(key).acknowledged.push(claim);
  }

  /** What is new since the last call. */
  take(): readonly RoomClaims[] {
    const fresh = this.#fresh;
    this.#fresh = new Map();
    return [...fresh].map(([key, claims]) => ({ key, ...claims }));
  }

  #freshOf(key: string): Fresh {
    const known = this.#fresh.get(key);
    if (known !== undefined) return known;
    const fresh: Fresh = { delivered: [], acknowledged: [] };
    this.#fresh.set(key, fresh);
    return fresh;
  }
}
