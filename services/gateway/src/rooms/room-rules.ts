import type { Retention } from '@outcry/broker';

/** Who may speak in a room without being the server: those who have joined it, everybody, or nobody. */
export const Speakers = { Members: 'members', Anyone: 'anyone', Nobody: 'nobody' } as const;
export type Speakers = (typeof Speakers)[keyof typeof Speakers];

/** What holds in a room. */
export interface RoomRule {
  readonly retention: Retention;
  /** Whether the room has members that can be listed and counted, and `member` frames. */
  readonly presence: boolean;
  readonly publish: Speakers;
  readonly signal: Speakers;
  /** Whether members may read what was said before they joined, by history, by replay or by resuming. */
  readonly readHistory: boolean;
}

/** A rule for the rooms that match `pattern`: an exact name, with `*` for any run of characters. */
export interface RoomPatternRule {
  readonly pattern: string;
  readonly rule: RoomRule;
}

/** Finds the rule of a room: that of the first pattern that matches, or the default. */
export class RoomRules {
  readonly #rules: readonly { readonly matches: RegExp; readonly rule: RoomRule }[];
  readonly #fallback: RoomRule;

  constructor(rules: readonly RoomPatternRule[], fallback: RoomRule) {
    this.#rules = rules.map(({ pattern, rule }) => ({ matches: compile(pattern), rule }));
    this.#fallback = fallback;
  }

  of(room: string): RoomRule {
    return this.#rules.find(({ matches }) => matches.test(room))?.rule ?? this.#fallback;
  }
}

function compile(pattern: string): RegExp {
  const parts = pattern.split('*').map((part) => part.replace(/[.\\+?^${}()|[\]]/g, '\\$&'));
  return new RegExp(`^${parts.join('.*')}$`);
}
