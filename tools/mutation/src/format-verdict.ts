import { type FileScore, MIN_SCORE, type Verdict } from './verdict.ts';

/** A folder's scores, file by file, and what is wrong with them. */
export function formatVerdict(folder: string, verdict: Verdict, list: string): string {
  const rows = verdict.files.toSorted((a, b) => a.file.localeCompare(b.file)).map(row);
  const width = Math.max(...rows.map(([file]) => file.length));
  const table = rows.map(([file, ...counts]) => `  ${file.padEnd(width)}  ${counts.join('  ')}`);
  return [
    `${folder}: ${percent(verdict.score)} of what was planted was caught`,
    ...table,
    ...verdict.unlisted.map(
      ({ mutant, file, line }) => `  not caught, and not in ${list} (${file}:${String(line)}):\n- ${mutant}`,
    ),
    ...verdict.outdated.map((mutant) => `  in ${list}, but not among the survivors any more:\n- ${mutant}`),
    ...(verdict.score < MIN_SCORE ? [`  expected at least ${percent(MIN_SCORE)}`] : []),
    '',
  ].join('\n');
}

function row({ file, score, planted, timeouts, survived }: FileScore): readonly [string, ...string[]] {
  const counts = [
    [planted, 'planted'],
    [timeouts, 'timeouts'],
    [survived, 'survived'],
  ] as const;
  return [file, percent(score).padStart(7), ...counts.map(([count, what]) => `${String(count).padStart(4)} ${what}`)];
}

function percent(score: number): string {
  // Never rounded up to what it has not reached.
  return `${(Math.floor(score * 10) / 10).toFixed(1)} %`;
}
