import type { Check } from './check.ts';

/** What others are told of a check. */
export interface CheckReport {
  readonly name: string;
  readonly part?: string;
  readonly ok: boolean;
  readonly reason?: string;
  /** There where the process gets no traffic because of this. */
  readonly blocking?: true;
  /** ISO 8601: from when on it has been `ok`, or not; as exact as it is looked at often. */
  readonly since: string;
}

interface Verdict {
  readonly isOk: boolean;
  readonly since: number;
}

/** Keeps for each check since when it stands as it does. */
export class CheckBook {
  readonly #read: () => readonly Check[];
  #checks: readonly Check[] = [];
  #verdicts = new Map<string, Verdict>();

  /** @param read is asked anew each time; what it leaves out is forgotten */
  constructor(read: () => readonly Check[]) {
    this.#read = read;
  }

  /** Looks at everything. */
  look(): void {
    const now = Date.now();
    this.#checks = this.#read();
    this.#verdicts = new Map(this.#checks.map((check) => [keyOf(check), this.#judge(check, now)]));
  }

  /** As of the last look. */
  get reports(): readonly CheckReport[] {
    return this.#checks.map((check) => {
      const { name, part, reason, isBlocking } = check;
      const since = new Date(this.#verdicts.get(keyOf(check))?.since ?? Date.now()).toISOString();
      return {
        name,
        ...(part === undefined ? {} : { part }),
        ok: reason === undefined,
        ...(reason === undefined ? {} : { reason }),
        ...(reason !== undefined && isBlocking === true ? { blocking: true as const } : {}),
        since,
      };
    });
  }

  #judge(check: Check, now: number): Verdict {
    const isOk = check.reason === undefined;
    const before = this.#verdicts.get(keyOf(check));
    return before?.isOk === isOk ? before : { isOk, since: now };
  }
}

function keyOf({ name, part }: Check): string {
  return part === undefined ? name : `${name} ${part}`;
}
