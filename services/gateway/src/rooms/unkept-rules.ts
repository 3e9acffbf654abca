import { ALL_ROOM, RoomPattern } from '@outcry/protocol';

import { RoomRight, type RoomRights } from '../identity/rights/room-rights.ts';
import { Speakers } from './room-rules.ts';

/** What a rule says, as far as it says it. */
export interface StatedRule {
  readonly pattern: string;
  readonly presence?: boolean | undefined;
  readonly events?: boolean | undefined;
  readonly publish?: Speakers | undefined;
  readonly signal?: Speakers | undefined;
  readonly users?: RoomRights | undefined;
  readonly guests?: RoomRights | undefined;
  readonly scopes?: ReadonlyMap<string, RoomRights> | undefined;
}

export interface RuleProblem {
  /** From the list of rules on: which, and what of it. */
  readonly path: readonly [index: number, ...keys: string[]];
  readonly message: string;
}

/** What is wrong with one rule, by the way into it. */
type Fault = readonly [path: readonly string[], message: string];

const SPECIAL = '@';

/**
 * What rules say that will not hold, each with its place: who wrote it would count on it. Only what is true of every room that a
 * pattern matches is a problem; `*` speaks of ordinary rooms and of inboxes in one breath.
 */
export function problemsOfRules(rules: readonly StatedRule[]): readonly RuleProblem[] {
  return rules.flatMap((rule, index) =>
    [...faultsOfOrder(rules, index), ...faultsOfSpecialRooms(rule)].map(([path, message]): RuleProblem => ({
      path: [index, ...path],
      message,
    })),
  );
}

/** A star of the later pattern is matched by a star of the earlier one alone, so what it matches, the earlier one matches too. */
function faultsOfOrder(rules: readonly StatedRule[], index: number): readonly Fault[] {
  const pattern = rules[index]?.pattern ?? '';
  const first = rules.slice(0, index).findIndex((earlier) => new RoomPattern(earlier.pattern).matches(pattern));
  return first < 0
    ? []
    : [[['pattern'], `never holds, because rules.${String(first)} comes first in all of its rooms`]];
}

function faultsOfSpecialRooms(rule: StatedRule): readonly Fault[] {
  if (!rule.pattern.startsWith(SPECIAL)) return [];
  const presence: readonly Fault[] = rule.presence === true ? [[['presence'], 'inboxes and @all list no members']] : [];
  const events: readonly Fault[] =
    rule.events === true ? [[['events'], 'nobody is told who is in inboxes and @all']] : [];
  return [...presence, ...events, ...(rule.pattern === ALL_ROOM ? faultsOfAll(rule) : faultsOfInboxes(rule))];
}

function faultsOfAll(rule: StatedRule): readonly Fault[] {
  const speakers = (['publish', 'signal'] as const)
    .filter((how) => rule[how] !== undefined && rule[how] !== Speakers.Nobody)
    .map((how): Fault => [[how], 'in @all the server alone speaks, expected nobody']);
  const rights = grantsOf(rule, [RoomRight.Write, RoomRight.Signal, RoomRight.Presence]).map(([path, right]): Fault => [
    path,
    `${right}: @all is read by everybody and written by the server alone`,
  ]);
  return [...speakers, ...rights];
}

function faultsOfInboxes(rule: StatedRule): readonly Fault[] {
  const speakers = (['publish', 'signal'] as const)
    .filter((how) => rule[how] === Speakers.Members)
    .map((how): Fault => [[how], 'an inbox has no members but its owner, expected anyone or nobody']);
  const rights = grantsOf(rule, [RoomRight.Read, RoomRight.Presence]).map(([path, right]): Fault => [
    path,
    `${right}: an inbox is read by its owner alone, and lists no members`,
  ]);
  return [...speakers, ...rights];
}

/** Those of the rights that the rule grants, and to whom. */
function grantsOf(rule: StatedRule, unkept: readonly RoomRight[]): readonly Fault[] {
  const scopes = [...(rule.scopes ?? [])].map(([scope, rights]) => [['scopes', scope], rights] as const);
  const holders = [[['users'], rule.users] as const, [['guests'], rule.guests] as const, ...scopes];
  return holders.flatMap(([path, rights]) =>
    unkept.filter((right) => rights?.has(right) === true).map((right): Fault => [path, right]),
  );
}
