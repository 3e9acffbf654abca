import type { Findings } from './check-imports.ts';

/** What was found, in a line each, and the sum of it. */
export function formatFindings({ files, imports, problems }: Findings, pending: readonly string[]): string {
  const count = (name: string): string => String(problems.filter(({ rule }) => rule === name).length);
  const sum =
    `${String(files)} files, ${String(imports)} imports: ${count('no-circle')} circles, ` +
    `${count('no-arrow-up')} arrows up, ${String(problems.length)} problems in all`;
  const lines = [
    ...problems.map(({ rule, text }) => `${rule}: ${text}`),
    ...(pending.length > 0 ? [`not looked at, because PENDING: the floors of ${pending.join(', ')}`] : []),
    problems.length > 0 ? `${sum}; the map is tools/floors/src/map.ts` : sum,
  ];
  return `${lines.join('\n')}\n`;
}
