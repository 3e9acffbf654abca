import { MAX_EVENTS } from './defaults.ts';

/** What of a room is written down: when it has a first member and when it has none any more (r), its members' coming and going (m). */
export const Telling = { Nothing: '', Rooms: 'r', Members: 'm', Both: 'rm' } as const;
export type Telling = (typeof Telling)[keyof typeof Telling];

/** Which comings and goings are written down, for whoever sends them on. The same on every node. */
export interface ToldEvents {
  of(room: string): Telling;
  /** Kept of each partition; with one more the oldest is lost, and that is told. */
  readonly maxEntries: number;
}

export const NOTHING_TOLD: ToldEvents = { of: () => Telling.Nothing, maxEntries: MAX_EVENTS };

/** No room of a client has it in its name, for it is a control character. */
const CONNECTIONS = '\u0002';

/** The room whose members are the connections of one run of a node: they come and go with its lease, as all members do. */
export function connectionsOf(run: string): string {
  return `${CONNECTIONS}${run}`;
}

/** The run of a node whose connections are the members of this room; undefined of all other rooms. */
export function runOfConnections(room: string): string | undefined {
  return room.startsWith(CONNECTIONS) ? room.slice(CONNECTIONS.length) : undefined;
}
