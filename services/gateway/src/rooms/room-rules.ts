import type { Retention } from '@outcry/broker';

import { isInbox, RoomPattern } from '@outcry/protocol';

import type { RoomRights } from '../identity/rights/room-rights.ts';

/** Who of those with the right to speak in a room is heard: those who have joined it, all of them, or nobody. */
export const Speakers = { Members: 'members', Anyone: 'anyone', Nobody: 'nobody' } as const;
export type Speakers = (typeof Speakers)[keyof typeof Speakers];

/** What the operator's server may be asked of a room before it happens there. */
export const AskedOf = { Join: 'join', Publish: 'publish' } as const;
export type AskedOf = (typeof AskedOf)[keyof typeof AskedOf];

/** What holds in a room. */
export interface RoomRule {
  readonly retention: Retention;
  /** Whether the room has members that can be listed and counted, and `member` frames. */
  readonly presence: boolean;
  readonly publish: Speakers;
  readonly signal: Speakers;
  /** Whether members may read what was said before they joined, by history, by replay or by resuming. */
  readonly readHistory: boolean;
  /** What every user may do here, whatever its token says. */
  readonly users: RoomRights;
  /** What guests may do here. */
  readonly guests: RoomRights;
  /** What a scope of somebody's token means here; unset: nothing. */
  readonly scopes?: ReadonlyMap<string, RoomRights> | undefined;
  /** What the operator's server is asked of here; unset: all that it has a hook for. */
  readonly hooks?: ReadonlySet<AskedOf> | undefined;
  /** Whether the operator's server is told who comes and who goes; unset: it is not. */
  readonly events?: boolean | undefined;
}

/** A rule for the rooms that match `pattern`: an exact name, with `*` for any run of characters. */
export interface RoomPatternRule {
  readonly pattern: string;
  readonly rule: RoomRule;
}

/** What holds where no rule does. */
export interface DefaultRules {
  readonly room: RoomRule;
  readonly inbox: RoomRule;
}

/** Which of the defaults is that of a room, or of the rooms that a pattern is for. */
export function defaultOf({ room, inbox }: DefaultRules, name: string): RoomRule {
  return isInbox(name) ? inbox : room;
}

/** What stands for the pattern of a rule where none is for the room. */
const DEFAULT_PATTERN = '*';
const INBOX_PATTERN = '@*';

/** Finds the rule of a room: that of the first pattern that matches, or the default. */
export class RoomRules {
  readonly #written: readonly RoomPatternRule[];
  readonly #rules: readonly { readonly text: string; readonly pattern: RoomPattern; readonly rule: RoomRule }[];
  readonly #defaults: DefaultRules;

  constructor(rules: readonly RoomPatternRule[], room: RoomRule, inbox: RoomRule = room) {
    this.#written = rules;
    this.#rules = rules.map(({ pattern, rule }) => ({ text: pattern, pattern: new RoomPattern(pattern), rule }));
    this.#defaults = { room, inbox };
  }

  /** The same, but that all rooms which store anything are archived, whatever their rules say of that. */
  allArchived(): RoomRules {
    const archived = (rule: RoomRule): RoomRule =>
      rule.retention.count === 0 ? rule : { ...rule, retention: { ...rule.retention, isArchived: true } };
    const rules = this.#written.map(({ pattern, rule }) => ({ pattern, rule: archived(rule) }));
    return new RoomRules(rules, archived(this.#defaults.room), archived(this.#defaults.inbox));
  }

  /** The names of the rules whose rooms are archived, those of the defaults at the end. */
  get archived(): readonly string[] {
    const { room, inbox } = this.#defaults;
    const all = [...this.#written, { pattern: DEFAULT_PATTERN, rule: room }, { pattern: INBOX_PATTERN, rule: inbox }];
    return all.filter(({ rule }) => rule.retention.isArchived === true).map(({ pattern }) => pattern);
  }

  of(room: string): RoomRule {
    return this.#rules.find(({ pattern }) => pattern.matches(room))?.rule ?? defaultOf(this.#defaults, room);
  }

  /** The rule's name: there are as many as there are rules, however many rooms there are. */
  patternOf(room: string): string {
    const own = this.#rules.find(({ pattern }) => pattern.matches(room));
    return own?.text ?? (isInbox(room) ? INBOX_PATTERN : DEFAULT_PATTERN);
  }
}
