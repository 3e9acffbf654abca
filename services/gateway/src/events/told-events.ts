import { runOfConnections, Telling, type ToldEvents } from '@outcry/broker';

import type { RoomRules } from '../rooms/room-rules.ts';
import { EventKind, type EventsConfig } from './settings.ts';

/** Which comings and goings are written down; undefined where none are. */
export function toldEventsOf({ kinds, maxEntries }: EventsConfig, rules: RoomRules): ToldEvents | undefined {
  if (kinds.size === 0) return undefined;
  const ofConnections = kinds.has(EventKind.Connection) ? Telling.Members : Telling.Nothing;
  const ofRooms = tellingOf(kinds);
  return {
    maxEntries,
    of(room) {
      if (runOfConnections(room) !== undefined) return ofConnections;
      return rules.of(room).events === true ? ofRooms : Telling.Nothing;
    },
  };
}

function tellingOf(kinds: ReadonlySet<EventKind>): Telling {
  if (kinds.has(EventKind.Room)) return kinds.has(EventKind.Member) ? Telling.Both : Telling.Rooms;
  return kinds.has(EventKind.Member) ? Telling.Members : Telling.Nothing;
}
