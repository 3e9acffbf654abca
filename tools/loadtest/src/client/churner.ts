import type { ChurnPlan } from '../plan/plan.ts';
import type { LoadClient } from './load-client.ts';
import type { Member } from './member.ts';

/** The ways in which a member goes, in turn: out of the room only, off with a close frame, or gone without a word. */
const Departure = { Leave: 'leave', Close: 'close', Vanish: 'vanish' } as const;
type Departure = (typeof Departure)[keyof typeof Departure];
const DEPARTURES: readonly Departure[] = Object.values(Departure);

/** Makes one member come and go. */
export class Churner {
  readonly #client: LoadClient;
  readonly #member: Member;
  readonly #plan: ChurnPlan;
  #timer: NodeJS.Timeout | undefined;
  #departures = Math.floor(Math.random() * DEPARTURES.length);
  #isOutside = false;

  constructor(client: LoadClient, member: Member, plan: ChurnPlan) {
    this.#client = client;
    this.#member = member;
    this.#plan = plan;
  }

  start(): void {
    // Anything between nothing and twice the average.
    this.#timer = setTimeout(
      () => {
        this.#go();
      },
      Math.random() * 2 * this.#plan.stayMs,
    );
  }

  /** Ends the coming and going: the member is called back, and stays. */
  stop(): void {
    clearTimeout(this.#timer);
    if (this.#isOutside) this.#return();
    this.#client.comeBack();
  }

  #go(): void {
    if (!this.#member.isReady) {
      this.start();
      return;
    }
    const awayMs = Math.random() * this.#plan.awayMs;
    const now = performance.now();
    this.#member.excuse(now, now + awayMs);
    const departure = DEPARTURES[this.#departures++ % DEPARTURES.length];
    if (departure === Departure.Leave) {
      this.#isOutside = true;
      this.#member.leave();
      this.#timer = setTimeout(() => {
        this.#return();
        this.start();
      }, awayMs);
      return;
    }
    this.#client.away({ forMs: awayMs, isPolite: departure === Departure.Close });
    this.start();
  }

  #return(): void {
    this.#isOutside = false;
    this.#member.join();
  }
}
