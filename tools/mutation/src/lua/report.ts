/** What came of the mutants of one script: by their names the tests that noticed them, and those that nobody noticed. */
export interface ScriptResult {
  readonly script: string;
  readonly noticed: ReadonlyMap<string, string>;
  readonly survivors: readonly string[];
}

/** By script and name, why a survivor does no harm. */
export type KnownSurvivors = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** Of 100. */
export const MIN_SCORE = 90;

export function scoreOf(results: readonly ScriptResult[]): number {
  const noticed = sum(results.map((result) => result.noticed.size));
  const survived = sum(results.map((result) => result.survivors.length));
  return (100 * noticed) / (noticed + survived);
}

/** What is wrong with a run: each a sentence. */
export function findProblems(results: readonly ScriptResult[], known: KnownSurvivors): readonly string[] {
  const problems = results.flatMap(({ script, noticed, survivors }) => {
    const reasons = known[script] ?? {};
    return [
      ...survivors.filter((name) => reasons[name] === undefined).map((name) => `${script}: nobody notices ${name}`),
      ...Object.keys(reasons)
        .filter((name) => noticed.has(name))
        .map((name) => `${script}: is noticed, and stands among the survivors: ${name}`),
      ...Object.keys(reasons)
        .filter((name) => !noticed.has(name) && !survivors.includes(name))
        .map((name) => `${script}: cannot be planted any more: ${name}`),
    ];
  });
  const score = scoreOf(results);
  if (score < MIN_SCORE)
    problems.push(`the score is ${score.toFixed(1)} %, at least ${String(MIN_SCORE)} % is asked for`);
  return problems;
}

export function formatResults(results: readonly ScriptResult[]): string {
  const rows = results.map((result) => [
    result.script,
    String(result.noticed.size + result.survivors.length),
    String(result.survivors.length),
    `${scoreOf([result]).toFixed(1)} %`,
  ]);
  const noticed = sum(results.map((result) => result.noticed.size));
  const survived = sum(results.map((result) => result.survivors.length));
  rows.push(['all', String(noticed + survived), String(survived), `${scoreOf(results).toFixed(1)} %`]);
  return rows
    .map(([script = '', ...cells]) => script.padEnd(40) + cells.map((cell) => cell.padStart(10)).join(''))
    .join('\n');
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
