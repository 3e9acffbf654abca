/** A step into a value: the key of a map, or the index of an array. */
export type Step = string | number;

const MAX_KEY_CHARS = 32;
const MAX_PLACE_CHARS = 256;
/** What cutting a text may leave at its end. */
const HALF_A_PAIR = /\p{Surrogate}$/u;
/** Keys that a place can name as they are. */
const PLAIN_KEY = /^[\p{L}_$][\p{L}\p{N}_$]*$/u;

/**
 * A well-formed value that breaks a rule of the protocol. It refuses a request and not the frame that the request came in. The
 * message says what was expected; where, is known once whoever went down into the value has named each step on the way back.
 */
export class ValueFault extends Error {
  override readonly name = 'ValueFault';
  /** From the inside out. */
  readonly #steps: Step[] = [];

  /** Says in which step of the value around it the fault is. */
  within(step: Step): this {
    this.#steps.push(step);
    return this;
  }

  /** The place of the fault in a field, such as `data.list[3]`. */
  placeIn(field: string): string {
    return placeOf(field, this.#steps.toReversed());
  }

  /** For people: the place, and what was expected there. */
  describe(field: string): string {
    return `${this.placeIn(field)}: ${this.message}`;
  }
}

/** The place at the end of these steps. It quotes no more of a client's text than a reader needs. */
export function placeOf(field: string, steps: readonly Step[]): string {
  const place = field + steps.map(describeStep).join('');
  return place.length <= MAX_PLACE_CHARS ? place : `${place.slice(0, MAX_PLACE_CHARS).replace(HALF_A_PAIR, '')}…`;
}

function describeStep(step: Step): string {
  if (typeof step === 'number') return `[${String(step)}]`;
  const key = step.length <= MAX_KEY_CHARS ? step : `${step.slice(0, MAX_KEY_CHARS)}…`;
  return PLAIN_KEY.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`;
}
