import { parseArgs } from 'node:util';

import { CONTESTANTS } from './contestants/index.ts';
import { EXPERIMENTS } from './experiments/index.ts';

export interface Options {
  readonly experiments: readonly string[];
  readonly contestants: readonly string[];
  readonly isQuick: boolean;
  readonly wantsHelp: boolean;
  /** The folder of the results; undefined where none was asked for. */
  readonly out: string | undefined;
}

/** @throws TypeError that says what was expected */
export function parseOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      only: { type: 'string' },
      contestants: { type: 'string' },
      quick: { type: 'boolean', default: false },
      out: { type: 'string' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  return {
    experiments: namesFrom('--only', values.only, EXPERIMENTS),
    contestants: namesFrom('--contestants', values.contestants, CONTESTANTS),
    isQuick: values.quick,
    wantsHelp: values.help,
    out: values.out,
  };
}

export function describeOptions(): string {
  return `Compares outcry with other servers on this machine, one after the other, under the same load.

  npm run bench -- [options]

  --only <names>         experiments, with commas between them
  --contestants <names>  who takes part, with commas between them
  --quick                one short round of everything, into artifacts/bench: to look at, not to keep
  --out <folder>         where results go; bench/results unless it is a quick run
  --help                 this

experiments
${list(EXPERIMENTS.map(({ name, summary }) => [name, summary]))}

contestants
${list(CONTESTANTS.map(({ name, label }) => [name, label]))}
`;
}

function namesFrom(option: string, given: string | undefined, known: readonly { readonly name: string }[]): string[] {
  const names = known.map(({ name }) => name);
  if (given === undefined) return names;
  const chosen = given.split(',');
  const unknown = chosen.find((name) => !names.includes(name));
  if (unknown === undefined) return names.filter((name) => chosen.includes(name));
  throw new TypeError(`${option}: expected any of ${names.join(', ')}, got "${unknown}"`);
}

function list(entries: readonly (readonly [string, string])[]): string {
  return entries.map(([name, text]) => `  ${name.padEnd(21)}${text}`).join('\n');
}
