import { nameProblem, roomProblem, toName } from './names.ts';

const NAME_KEY = 'outcry.name';
const DEFAULT_ROOM = 'lobby';

export interface Visit {
  readonly name: string;
  readonly room: string;
}

/** Who comes, and where to, as far as the address (`?name=`, `?room=`) and this tab's memory tell. */
export function expectedVisit(): Visit {
  const query = new URLSearchParams(location.search);
  return {
    name: toName(query.get('name') ?? sessionStorage.getItem(NAME_KEY) ?? ''),
    room: toName(query.get('room') ?? DEFAULT_ROOM),
  };
}

/** Whether there is nothing left to ask. */
export function isComplete({ name, room }: Visit): boolean {
  return nameProblem(name) === undefined && roomProblem(room) === undefined;
}

/** Keeps the name for this tab, and puts the room in the address, which can then be passed on. */
export function rememberVisit({ name, room }: Visit): void {
  sessionStorage.setItem(NAME_KEY, name);
  const url = new URL(location.href);
  url.searchParams.set('room', room);
  history.replaceState(null, '', url);
}

export function forgetName(): void {
  sessionStorage.removeItem(NAME_KEY);
}
