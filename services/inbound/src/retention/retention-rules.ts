import type { Retention } from '@outcry/broker';
import { isInbox, RoomPattern } from '@outcry/protocol';

/** What the rooms that match a pattern keep, as far as a rule says it. */
export interface RetentionRule {
  readonly pattern: string;
  readonly count?: number | undefined;
  readonly ms?: number | undefined;
  readonly bytes?: number | undefined;
  readonly isArchived?: boolean | undefined;
}

/** What rooms keep: as the gateways' rules say it, so that it is one answer whoever publishes. */
export class RetentionRules {
  readonly #rules: readonly { readonly text: string; readonly pattern: RoomPattern; readonly retention: Retention }[];
  readonly #defaults: { readonly room: Retention; readonly inbox: Retention };

  constructor(rules: readonly RetentionRule[], defaults: { readonly room: Retention; readonly inbox: Retention }) {
    this.#defaults = defaults;
    this.#rules = rules.map(({ pattern, count, ms, bytes, isArchived }) => {
      const fallback = this.#defaultOf(pattern);
      const retention = {
        count: count ?? fallback.count,
        ms: ms ?? fallback.ms,
        bytes: bytes ?? fallback.bytes,
        unarchivedBytes: fallback.unarchivedBytes,
        ...(isArchived === true ? { isArchived } : {}),
      };
      return { text: pattern, pattern: new RoomPattern(pattern), retention };
    });
  }

  of(room: string): Retention {
    return this.#rules.find(({ pattern }) => pattern.matches(room))?.retention ?? this.#defaultOf(room);
  }

  /** The rule's name, as a gateway says it. */
  patternOf(room: string): string {
    const own = this.#rules.find(({ pattern }) => pattern.matches(room));
    return own?.text ?? (isInbox(room) ? '@*' : '*');
  }

  #defaultOf(name: string): Retention {
    return isInbox(name) ? this.#defaults.inbox : this.#defaults.room;
  }
}
