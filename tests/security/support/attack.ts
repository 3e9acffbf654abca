import type { Target } from './target.ts';

/** One thing that an attacker does, and what must come of it. */
export interface Attempt {
  readonly what: string;
  /** The outcome, in the words of `outcome.ts`. */
  readonly expected: string;
  readonly run: (target: Target) => Promise<string>;
}

/** Attempts of one kind: a row of the table, and a test by this name. */
export interface Attack {
  readonly name: string;
  readonly attempts: (target: Target) => readonly Attempt[];
  /** Attempts that go on at the same time. */
  readonly concurrency?: number;
  /** Looks at what the attempts left behind; gives what is wrong, in a line each. */
  readonly inspect?: (target: Target) => Promise<readonly string[]>;
}

const DEFAULT_CONCURRENCY = 24;

export interface Assault {
  readonly tried: number;
  /** What did not come out as expected, in a line each. */
  readonly surprises: readonly string[];
}

/** Makes all attempts of an attack, in whatever order they end. */
export async function runAttack(attack: Attack, target: Target): Promise<Assault> {
  const attempts = attack.attempts(target);
  const surprises: string[] = [];
  const queue = attempts.values();
  const work = async (): Promise<void> => {
    for (const { what, expected, run } of queue) {
      const outcome = await run(target).catch((err: unknown) => `failed: ${String(err)}`);
      if (outcome !== expected) surprises.push(`${what}: ${outcome}, not ${expected}`);
    }
  };
  await Promise.all(Array.from({ length: attack.concurrency ?? DEFAULT_CONCURRENCY }, work));
  return { tried: attempts.length, surprises };
}
