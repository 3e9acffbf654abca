import { parseArgs } from 'node:util';

import { CONTESTANTS } from './contestants/index.ts';
import { EXPERIMENTS } from './experiments/index.ts';

const DEFAULT_ROUNDS = 3;

export interface Options {
  readonly experiments: readonly string[];
  readonly contestants: readonly string[];
  readonly isQuick: boolean;
  /** Times that each figure is measured; the median counts. */
  readonly rounds: number;
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
      rounds: { type: 'string' },
      quick: { type: 'boolean', default: false },
      out: { type: 'string' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  return {
    experiments: namesFrom('--only', values.only, EXPERIMENTS),
    contestants: namesFrom('--contestants', values.contestants, CONTESTANTS),
    isQuick: values.quick,
    rounds: roundsFrom(values.rounds, values.quick ? 1 : DEFAULT_ROUNDS),
    wantsHelp: values.help,
    out: values.out,
  };
}

export function describeOptions(): string {
  return `Compares outcry with other servers on this machine, one after the other, under the same load.

  npm run bench -- [options]

  --only <names>         experiments, with commas between them
  --contestants <names>  who takes part, with commas between them
  --rounds <n>           times that each figure is measured, ${String(DEFAULT_ROUNDS)} unless it is a quick run
  --quick                one short round of everything, into artifacts/bench: to look at, not to keep
  --out <folder>         where results go; bench/results unless it is a quick run
  --help                 this

experiments
${list(EXPERIMENTS.map(({ name, summary }) => [name, summary]))}

contestants
${list(CONTESTANTS.map(({ name, label }) => [name, label]))}
`;
}

function roundsFrom(given: string | undefined, otherwise: number): number {
  if (given === undefined) return otherwise;
  if (/^[1-9]\d?$/.test(given)) return Number(given);
  throw new TypeError(`--rounds: expected a number from 1 to 99, got "${given}"`);
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
