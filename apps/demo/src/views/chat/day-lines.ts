import { DAY_MS, dayName, dayOf } from '../parts/times.ts';

/** No day of a clock change is shorter; within it nobody needs to ask for the next midnight. */
const SURE_MS = DAY_MS - 2 * 3_600_000;

/** Says where in a log another day begins. Gateways' clocks may differ a little, so around midnight one may begin twice. */
export class DayLines {
  readonly #today: number;
  readonly #times = new Map<number, number>();
  #day = NaN;

  constructor(now: number) {
    this.#today = dayOf(now);
  }

  /** The line in front of a message of that time, where it is of another day than the one before it. */
  before(at: number): { readonly id: string; readonly name: string } | undefined {
    if (at >= this.#day && at < this.#day + SURE_MS) return undefined;
    const day = dayOf(at);
    if (day === this.#day) return undefined;
    this.#day = day;
    const times = (this.#times.get(day) ?? 0) + 1;
    this.#times.set(day, times);
    return { id: `day:${String(day)}:${String(times)}`, name: dayName(day, this.#today) };
  }
}
