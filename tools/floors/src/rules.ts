import type { IRegularForbiddenRuleType } from 'dependency-cruiser';

import { type Floor, type GuardedPlace, type House, placeNames, type Workspace } from './house.ts';
import { patternOfPlace, patternOfWorkspace, patternsBehindDoors, patternsOfOthers, TEST_CODE } from './patterns.ts';

/** What an import may do wrong, in the words of a report. */
export const RULES = {
  'no-circle': 'is imported by what it imports',
  'no-arrow-up': 'imports what stands on a higher floor',
  'no-arrow-sideways': 'imports what stands beside it on its floor',
  'no-way-past-a-door': 'imports a file that is behind the doors of its folder',
  'no-uninvited-guest': 'is not among those who may import this',
  'no-test-in-production': 'is production code, and imports test code',
  'no-way-past-exports': 'imports a file inside another workspace, and not the workspace',
  'no-unlisted-workspace': 'imports a workspace that it may not import',
  'no-unresolved': 'imports what is not there, or is not exported',
} as const;

export type RuleName = keyof typeof RULES;

export type Rule = IRegularForbiddenRuleType & { readonly name: RuleName };

/** The rules that hold imports to the house. The floors of `pending` are not looked at. */
export function rulesOf(house: House, pending: readonly string[]): readonly Rule[] {
  return [
    ...rulesOfAll(house, pending),
    ...Object.keys(house).flatMap((path) => rulesBetweenWorkspaces(house, path)),
    ...Object.entries(house)
      .filter(([path]) => !pending.includes(path))
      .flatMap(([path, workspace]) => rulesWithin(path, workspace)),
    // To dependency-cruiser no pattern at all is every file.
  ].filter(({ to }) => to.path?.length !== 0);
}

function rulesOfAll(house: House, pending: readonly string[]): readonly Rule[] {
  const testsOnly = Object.keys(house).filter((path) => house[path]?.isTests === true);
  const pathNot = pending.map(patternOfWorkspace);
  return [
    rule('no-circle', { pathNot }, { circular: true }),
    rule('no-test-in-production', { pathNot: [TEST_CODE, ...testsOnly.map(patternOfWorkspace)] }, { path: TEST_CODE }),
    rule('no-unresolved', {}, { couldNotResolve: true, path: String.raw`^(\.|@outcry/)` }),
  ];
}

function rulesBetweenWorkspaces(house: House, path: string): readonly Rule[] {
  const { imports = [], testsImport = [], isTests = false } = house[path] ?? {};
  const own = { path: patternOfWorkspace(path) };
  const production = { ...own, pathNot: isTests ? own.path : TEST_CODE };
  return [
    rule('no-unlisted-workspace', own, { path: patternsOfOthers(house, [path, ...imports, ...testsImport]) }),
    rule('no-unlisted-workspace', production, { path: testsImport.map(patternOfWorkspace) }),
    // A workspace that is imported by its name is found through its exports alone.
    rule('no-way-past-exports', own, { path: patternsOfOthers(house, [path]), dependencyTypes: ['local'] }),
  ];
}

function rulesWithin(path: string, workspace: Workspace): readonly Rule[] {
  const patternsOf = (names: readonly string[]): string[] => names.map((name) => patternOfPlace(path, workspace, name));
  const from = (name: string): Rule['from'] => ({
    path: patternsOf([name]),
    pathNot: workspace.isTests === true ? [] : TEST_CODE,
  });
  const rulesOfFloor = (floor: Floor, level: number): readonly Rule[] => {
    const above = workspace.floors.slice(0, level).flatMap((other) => Object.keys(other));
    return Object.keys(floor).flatMap((name) => [
      rule('no-arrow-up', from(name), { path: patternsOf(above) }),
      rule('no-arrow-sideways', from(name), { path: patternsOf(Object.keys(floor).filter((other) => other !== name)) }),
    ]);
  };
  const rulesOfGuard = (name: string, { for: guests, doors }: GuardedPlace): readonly Rule[] => {
    const others = placeNames(workspace).filter((other) => other !== name);
    const pattern = patternOfPlace(path, workspace, name);
    return others.flatMap((other) => [
      ...(guests === undefined || guests.includes(other)
        ? []
        : [rule('no-uninvited-guest', from(other), { path: pattern })]),
      ...(doors === undefined ? [] : [rule('no-way-past-a-door', from(other), patternsBehindDoors(pattern, doors))]),
    ]);
  };
  const guarded = workspace.floors
    .flatMap((floor) => Object.entries(floor))
    .flatMap(([name, place]) => (typeof place === 'string' ? [] : rulesOfGuard(name, place)));
  return [...workspace.floors.flatMap(rulesOfFloor), ...guarded];
}

function rule(name: RuleName, from: Rule['from'], to: Rule['to']): Rule {
  return { name, severity: 'error', comment: RULES[name], from, to };
}
