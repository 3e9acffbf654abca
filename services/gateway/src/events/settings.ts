import { MAX_EVENTS } from '@outcry/broker';
import { integer, optionalText, type SettingValues } from '@outcry/config';

/** What the operator's server can be told of. */
export const EventKind = { Room: 'room', Member: 'member', Connection: 'connection' } as const;
export type EventKind = (typeof EventKind)[keyof typeof EventKind];

const KINDS = {
  pattern: /^(room|member|connection)(,(room|member|connection))*$/,
  accepts: '`room`, `member`, `connection`, with commas between them',
  isList: true,
} as const;

/** What is written down for `services/events` to send: docs/EVENTS.md. */
export const EVENT_SETTINGS = {
  OUTCRY_EVENTS_KINDS: optionalText(KINDS, {
    meaning:
      'What your server is told of: of rooms whose rule says `events` that they are occupied and vacated (`room`), and who joins and leaves (`member`); and which connections there are (`connection`). The same for all gateways: docs/EVENTS.md. Unset: nothing.',
  }),
  OUTCRY_EVENTS_MAX_ENTRIES: integer({
    meaning:
      'What is kept of each of the 64 partitions while nobody takes it. With more, the oldest are lost, which your server is told. About 200 bytes of Redis each. The same for all gateways.',
    min: 100,
    max: 1_000_000,
    default: MAX_EVENTS,
  }),
} as const;

export interface EventsConfig {
  readonly kinds: ReadonlySet<EventKind>;
  readonly maxEntries: number;
}

export function eventsConfigOf(settings: SettingValues<typeof EVENT_SETTINGS>): EventsConfig {
  const named = settings.OUTCRY_EVENTS_KINDS?.split(',') ?? [];
  return {
    kinds: new Set(Object.values(EventKind).filter((kind) => named.includes(kind))),
    maxEntries: settings.OUTCRY_EVENTS_MAX_ENTRIES,
  };
}
