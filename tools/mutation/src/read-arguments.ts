import type { Suite } from './suite.ts';

export interface Wish {
  readonly suites: readonly (readonly [folder: string, suite: Suite])[];
  readonly isAnew: boolean;
}

type Folders = Readonly<Record<string, Suite>>;

/** What the command line asks for, or why that cannot be done. */
export function readArguments(args: readonly string[], folders: Folders): Wish | string {
  const names = args.filter((argument) => !argument.startsWith('-'));
  const option = args.find((argument) => argument.startsWith('-') && argument !== '--anew');
  if (option !== undefined) return complain(`no option ${option}`, folders);
  if (names.length === 0) return complain('no folder is named', folders);
  const suites: (readonly [string, Suite])[] = [];
  for (const name of new Set(names)) {
    const suite = Object.hasOwn(folders, name) ? folders[name] : undefined;
    if (suite === undefined) return complain(`no folder ${name}`, folders);
    suites.push([name, suite]);
  }
  return { suites, isAnew: args.includes('--anew') };
}

function complain(problem: string, folders: Folders): string {
  const width = Math.max(...Object.keys(folders).map((name) => name.length));
  const list = Object.entries(folders).map(([name, { is }]) => `  ${name.padEnd(width)}  ${is}`);
  return [
    `${problem}; expected: npm run test:mutation -- <folder>… [--anew]`,
    ...list,
    '  lua [a part of a name]: faults in the scripts that run in Redis',
    '  planted [the beginning of a name]: faults that once went through, each with the test that notices it now',
    '  --anew runs also what an earlier run has judged and nobody has changed since',
    '',
  ].join('\n');
}
