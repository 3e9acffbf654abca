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
    this.#in(2 * this.#plan.stayMs, () => {
      this.#go();
    });
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
    const departure = DEPARTURES[this.#departures++ % DEPARTURES.length];
    if (departure === Departure.Leave) {
      this.#isOutside = true;
      this.#member.leave();
      this.#in(this.#plan.awayMs, () => {
        this.#return();
        this.start();
      });
      return;
    }
    this.#client.away({ forMs: Math.random() * this.#plan.awayMs, isPolite: departure === Departure.Close });
    this.start();
  }

  #return(): void {
    this.#isOutside = false;
    this.#member.join();
  }

  #in(maxMs: number, action: () => void): void {
    this.#timer = setTimeout(action, Math.random() * maxMs);
  }
}
