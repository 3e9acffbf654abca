import { EVENTS_TTL_MS } from '../events/defaults.ts';
import { eventNamesOf } from '../events/keys.ts';
import type { ToldEvents } from '../events/telling.ts';
import type { KeySpace } from '../redis/keys.ts';
import type { ScriptArgument } from '../redis/scripts/script-call.ts';

/** What scripts have to know to write down who comes to a room and who goes (scripts/note.lua.ts). */
export class Notes {
  readonly #space: KeySpace;
  readonly #told: ToldEvents;

  constructor(space: KeySpace, told: ToldEvents) {
    this.#space = space;
    this.#told = told;
  }

  /** Where it is written, and how. */
  of(room: string): { readonly keys: readonly string[]; readonly args: readonly ScriptArgument[] } {
    const { events, journal, happened } = eventNamesOf(this.#space, room);
    const { maxEntries } = this.#told;
    return { keys: [events, journal], args: [this.#told.of(room), maxEntries, EVENTS_TTL_MS, happened] };
  }
}
