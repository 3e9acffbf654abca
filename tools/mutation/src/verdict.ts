import type { Mutant } from './suite.ts';
import { describeMutant, type Survivor } from './survivors.ts';

/** Of what was planted, how much is to be caught. */
export const MIN_SCORE = 85;

export interface Verdict {
  readonly score: number;
  readonly files: readonly FileScore[];
  /** Survivors of which the list says nothing, as it would name them. */
  readonly unlisted: readonly { readonly mutant: string; readonly line: number; readonly file: string }[];
  /** What the list names, and a test catches by now. */
  readonly outdated: readonly string[];
  readonly isPassed: boolean;
}

export interface FileScore {
  readonly file: string;
  readonly planted: number;
  readonly timeouts: number;
  readonly survived: number;
  readonly score: number;
}

/** Holds what was planted in a folder against the list of survivors and the least score. */
export function judge(mutants: readonly Mutant[], listed: readonly Survivor[]): Verdict {
  const allowed = new Map<string, number>();
  for (const { mutant, times } of listed) allowed.set(mutant, (allowed.get(mutant) ?? 0) + times);
  const unlisted: Verdict['unlisted'][number][] = [];
  for (const mutant of mutants) {
    if (mutant.outcome !== 'survived') continue;
    const name = describeMutant(mutant);
    const left = allowed.get(name) ?? 0;
    if (left === 0) unlisted.push({ mutant: name, file: mutant.file, line: mutant.line });
    else allowed.set(name, left - 1);
  }
  const outdated = [...allowed].filter(([, left]) => left > 0).map(([mutant]) => mutant);
  const { score } = scoreOf('', mutants);
  const files = [...new Set(mutants.map(({ file }) => file))].map((file) =>
    scoreOf(
      file,
      mutants.filter((mutant) => mutant.file === file),
    ),
  );
  const isPassed = score >= MIN_SCORE && unlisted.length === 0 && outdated.length === 0;
  return { score, files, unlisted, outdated, isPassed };
}

function scoreOf(file: string, mutants: readonly Mutant[]): FileScore {
  const survived = mutants.filter(({ outcome }) => outcome === 'survived').length;
  const timeouts = mutants.filter(({ outcome }) => outcome === 'timeout').length;
  const planted = mutants.length;
  return { file, planted, timeouts, survived, score: planted === 0 ? 0 : (100 * (planted - survived)) / planted };
}
