import { cruise, type ICruiseResult, type IViolation } from 'dependency-cruiser';

import { findStrays } from './find-strays.ts';
import { type House, problemsOfHouse } from './house.ts';
import { type Rule, RULES, type RuleName, rulesOf } from './rules.ts';
import { readWorkspaces } from './workspaces.ts';

export interface CheckOptions {
  /** Of the root's package.json. */
  readonly directory: string;
  readonly house: House;
  /** Workspaces whose floors are not looked at. */
  readonly pending?: readonly string[] | undefined;
}

export interface Findings {
  readonly files: number;
  readonly imports: number;
  readonly problems: readonly Problem[];
}

export interface Problem {
  /** `house`: it is not what stands on the disk, or makes no sense. */
  readonly rule: RuleName | 'house';
  /** Where, and what, in a line. */
  readonly text: string;
}

/** Holds every import of every workspace, types and tests included, to the house. */
export async function checkImports({ directory, house, pending = [] }: CheckOptions): Promise<Findings> {
  const senseless = problemsOfHouse(house);
  if (senseless.length > 0) return { files: 0, imports: 0, problems: senseless.map(aboutHouse) };
  const workspaces = readWorkspaces(directory);
  const { modules, summary } = await readImports(directory, [...workspaces.keys()], rulesOf(house, pending));
  const strays = findStrays({ house, pending, workspaces, modules });
  return {
    files: modules.length,
    imports: modules.reduce((sum, { dependencies }) => sum + dependencies.length, 0),
    problems: [...strays.map(aboutHouse), ...summary.violations.map(aboutImport)],
  };
}

async function readImports(
  directory: string,
  workspaces: readonly string[],
  rules: readonly Rule[],
): Promise<ICruiseResult> {
  const { output } = await cruise([...workspaces], {
    baseDir: directory,
    tsPreCompilationDeps: true,
    exclude: { path: String.raw`(^|/)(node_modules|dist)/` },
    ruleSet: { forbidden: [...rules] },
    validate: true,
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default'] },
  });
  if (typeof output === 'string') throw new TypeError('expected the modules that were found, got a text');
  return output;
}

function aboutHouse(text: string): Problem {
  return { rule: 'house', text };
}

function aboutImport({ rule: { name }, from, to, cycle = [] }: IViolation): Problem {
  const rule = name as RuleName;
  const way = cycle.length > 0 ? cycle.map((step) => step.name) : [to];
  return { rule, text: `${[from, ...way].join(' → ')}: ${RULES[rule]}` };
}
