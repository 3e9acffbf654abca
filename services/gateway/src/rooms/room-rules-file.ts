import { readFileSync } from 'node:fs';

import { ConfigError } from '@outcry/config';
import { isRoomPattern } from '@outcry/protocol';
import { z } from 'zod';

import { RoomRight } from '../identity/rights/room-rights.ts';
import { AskedOf, defaultOf, type DefaultRules, type RoomPatternRule, type RoomRule, Speakers } from './room-rules.ts';
import { problemsOfRules, type RuleProblem } from './unkept-rules.ts';

const MAX_COUNT = 100_000;
const MAX_SECONDS = 2_592_000;
const MAX_BYTES = 1024 * 1024 * 1024;

const speakers = z.enum(Object.values(Speakers) as [Speakers, ...Speakers[]]);

const rights = z.array(z.enum(RoomRight)).transform((list) => new Set(list));

/** One entry of the file. What it leaves out is as in the default rule. */
const entry = z.strictObject({
  pattern: z.string().refine(isRoomPattern, 'expected a room name, in which * stands for any characters'),
  history: z
    .strictObject({
      count: z.int().min(0).max(MAX_COUNT).optional(),
      seconds: z.int().min(1).max(MAX_SECONDS).optional(),
      bytes: z.int().min(0).max(MAX_BYTES).optional(),
    })
    .optional(),
  archive: z.boolean().optional(),
  presence: z.boolean().optional(),
  publish: speakers.optional(),
  signal: speakers.optional(),
  readHistory: z.boolean().optional(),
  users: rights.optional(),
  guests: rights.optional(),
  scopes: z
    .record(z.string().regex(/^[\x21-\x7e]{1,128}$/, 'expected a scope: printable ASCII without spaces'), rights)
    .transform((scopes) => new Map(Object.entries(scopes)))
    .optional(),
  hooks: z
    .array(z.enum(AskedOf))
    .transform((list) => new Set(list))
    .optional(),
  events: z.boolean().optional(),
});

/** Rules as they are written, the first that matches before the others. */
export const ROOM_RULES = z.array(entry).max(1000);

export type WrittenRules = z.output<typeof ROOM_RULES>;

const file = z.strictObject({ rules: ROOM_RULES });

/** What of rules has somebody who takes it. */
export interface RuleTakers {
  /** What there is a hook for. */
  readonly hooks: ReadonlySet<AskedOf>;
  /** Whether anybody is told of members, or of rooms that have some. */
  readonly areMembersTold: boolean;
}

/**
 * Reads the file of room rules. docs/OPERATIONS.md shows one.
 *
 * @throws ConfigError with every problem of the file at once
 */
export function readRoomRulesFile(
  path: string,
  defaults: DefaultRules,
  takers: RuleTakers,
): readonly RoomPatternRule[] {
  const result = file.safeParse(parse(path));
  const problems = result.success
    ? problemsOf(result.data.rules, defaults, takers).map((each) => ({ ...each, path: ['rules', ...each.path] }))
    : result.error.issues;
  if (!result.success || problems.length > 0) {
    throw new ConfigError(
      problems.map((problem) => `OUTCRY_ROOM_RULES_FILE: ${problem.path.join('.')}: ${problem.message}`),
    );
  }
  return completeRules(result.data.rules, defaults);
}

/**
 * Room rules that stand among the settings.
 *
 * @throws ConfigError with every problem between them at once
 */
export function checkRoomRules(
  rules: WrittenRules,
  defaults: DefaultRules,
  takers: RuleTakers,
): readonly RoomPatternRule[] {
  const problems = problemsOf(rules, defaults, takers);
  if (problems.length > 0) throw new ConfigError(problems.map((each) => ({ ...each, name: 'OUTCRY_ROOM_RULES' })));
  return completeRules(rules, defaults);
}

function completeRules(rules: WrittenRules, defaults: DefaultRules): readonly RoomPatternRule[] {
  return rules.map(({ pattern, ...rule }) => ({ pattern, rule: complete(rule, defaultOf(defaults, pattern)) }));
}

function problemsOf(rules: WrittenRules, defaults: DefaultRules, takers: RuleTakers): readonly RuleProblem[] {
  return [
    ...problemsOfRules(rules),
    ...problemsOfArchive(rules, defaults),
    ...problemsOfAsked(rules, takers.hooks),
    ...problemsOfTold(rules, takers.areMembersTold),
  ];
}

/** What is to be archived has to be stored first. */
function problemsOfArchive(rules: WrittenRules, defaults: DefaultRules): readonly RuleProblem[] {
  return rules.flatMap(({ pattern, archive, history }, index): RuleProblem[] => {
    const count = history?.count ?? defaultOf(defaults, pattern).retention.count;
    if (archive !== true || count > 0) return [];
    return [
      { path: [index, 'archive'], message: 'a room that keeps nothing cannot be archived, expected history.count' },
    ];
  });
}

function problemsOfAsked(rules: WrittenRules, hooks: ReadonlySet<AskedOf>): readonly RuleProblem[] {
  return rules.flatMap(({ hooks: named = [] }, index) =>
    [...named]
      .filter((what) => !hooks.has(what))
      .map((what): RuleProblem => ({
        path: [index, 'hooks'],
        message: `nobody is asked: OUTCRY_HOOKS_${what.toUpperCase()}_URL is not set`,
      })),
  );
}

function problemsOfTold(rules: WrittenRules, areMembersTold: boolean): readonly RuleProblem[] {
  return rules.flatMap(({ events, presence }, index): RuleProblem[] => {
    if (events !== true) return [];
    const faults = [
      ...(areMembersTold ? [] : ['nobody is told: OUTCRY_EVENTS_KINDS has neither room nor member']),
      ...(presence === false ? ['who is in the room is not known without presence'] : []),
    ];
    return faults.map((message) => ({ path: [index, 'events'], message }));
  });
}

function parse(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch (cause) {
    const why = cause instanceof SyntaxError ? `is not JSON (${cause.message})` : 'cannot be read';
    throw new ConfigError([`OUTCRY_ROOM_RULES_FILE: ${path} ${why}`]);
  }
}

function complete(rule: Omit<z.output<typeof entry>, 'pattern'>, fallback: RoomRule): RoomRule {
  const { history, archive, presence, publish, signal, readHistory, users, guests, scopes, hooks, events } = rule;
  return {
    retention: {
      count: history?.count ?? fallback.retention.count,
      ms: history?.seconds === undefined ? fallback.retention.ms : history.seconds * 1000,
      bytes: history?.bytes ?? fallback.retention.bytes,
      unarchivedBytes: fallback.retention.unarchivedBytes,
      ...(archive === true ? { isArchived: true } : {}),
    },
    presence: presence ?? fallback.presence,
    publish: publish ?? fallback.publish,
    signal: signal ?? fallback.signal,
    readHistory: readHistory ?? fallback.readHistory,
    users: users ?? fallback.users,
    guests: guests ?? fallback.guests,
    scopes: scopes ?? fallback.scopes,
    hooks: hooks ?? fallback.hooks,
    events: events ?? fallback.events,
  };
}
