import {
  type JournalEntry,
  type Missing,
  readConnectionEntry,
  runOfConnections,
  type Transition,
  TransitionKind,
} from '@outcry/broker';

/** What the operator's server is told: docs/EVENTS.md. */
export const EventName = {
  RoomOccupied: 'room occupied',
  RoomVacated: 'room vacated',
  MemberJoined: 'member joined',
  MemberLeft: 'member left',
  ConnectionOpened: 'connection opened',
  ConnectionClosed: 'connection closed',
  EventsLost: 'events lost',
} as const;
export type EventName = (typeof EventName)[keyof typeof EventName];

/** An event as it is sent. */
export interface WrittenEvent {
  readonly id: string;
  readonly name: EventName;
  readonly json: string;
}

const NAMES: Readonly<Record<TransitionKind, EventName>> = {
  [TransitionKind.Occupied]: EventName.RoomOccupied,
  [TransitionKind.Joined]: EventName.MemberJoined,
  [TransitionKind.Left]: EventName.MemberLeft,
  [TransitionKind.Vacated]: EventName.RoomVacated,
};

/** What an entry of the journal tells, in its order. What it does not, is of a later version than this, and nothing. */
export function toEvents(partition: number, entry: JournalEntry): readonly WrittenEvent[] {
  if ('letter' in entry) return readLetter(entry.letter);
  const run = runOfConnections(entry.room);
  return run === undefined ? ofRoom(partition, entry) : ofConnection(partition, entry, run);
}

/** What is missing is not known by a number where it may be anything. */
export function toLostEvent(partition: number, { id, lost, undelivered }: Missing): WrittenEvent {
  return write({ id: `${id}-lost`, event: EventName.EventsLost, partition, lost: lost ?? null, undelivered });
}

function ofRoom(partition: number, { id, kinds, seq, at, room, user, count }: Transition): readonly WrittenEvent[] {
  return kinds.map((kind) => {
    const event = NAMES[kind];
    const about = { id: `${id}-${kind}`, event, at, partition, seq, room };
    const isOfMember = kind === TransitionKind.Joined || kind === TransitionKind.Left;
    return write(isOfMember ? { ...about, user, count } : about);
  });
}

function ofConnection(
  partition: number,
  { id, kinds, seq, at, user }: Transition,
  run: string,
): readonly WrittenEvent[] {
  const entry = readConnectionEntry(user);
  const isOpened = kinds.includes(TransitionKind.Joined);
  if (entry === undefined || !(isOpened || kinds.includes(TransitionKind.Left))) return [];
  const { connection, isGuest } = entry;
  const event = isOpened ? EventName.ConnectionOpened : EventName.ConnectionClosed;
  const node = connection.slice(0, connection.lastIndexOf('-'));
  const who = { connection, node, run, user: entry.user, guest: isGuest };
  return [write({ id: `${id}-${isOpened ? 'opened' : 'closed'}`, event, at, partition, seq, ...who })];
}

/** A dead letter is the event that it was, and says that it comes again. */
function readLetter(letter: string): readonly WrittenEvent[] {
  const event = JSON.parse(letter) as { readonly id: string; readonly event: EventName };
  return [write({ ...event, again: true })];
}

function write(event: {
  readonly id: string;
  readonly event: EventName;
  readonly [field: string]: unknown;
}): WrittenEvent {
  return { id: event.id, name: event.event, json: JSON.stringify(event) };
}
