import { type Admission, isAdmission } from './accounts.ts';
import { Keepsake } from '../browser/keepsake.ts';
import { roomProblem, toName } from './names.ts';

const NAME_KEY = 'outcry.name';
const ADMISSION_KEY = 'outcry.admission';
const ROOMS_KEY = 'outcry.rooms';
const DEFAULT_ROOM = 'lobby';

const tab = new Keepsake(() => sessionStorage);

/** Who comes, and how. */
export type Identity =
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'guest' }
  | { readonly kind: 'account'; readonly admission: Admission };

export interface Visit {
  readonly identity: Identity;
  readonly room: string;
}

/** What is known of the visitor before anything is asked: from the address (`?name=`, `?room=`) and this tab's memory. */
export interface Expectation {
  readonly name: string;
  readonly room: string;
  /** Of an earlier log-in. Whether it still holds, the gateway alone says. */
  readonly admission: Admission | undefined;
}

export function expectedVisit(): Expectation {
  const query = new URLSearchParams(location.search);
  const admission = readJson(ADMISSION_KEY);
  return {
    name: toName(query.get('name') ?? tab.get(NAME_KEY) ?? ''),
    room: toName(query.get('room') ?? DEFAULT_ROOM),
    admission: isAdmission(admission) ? admission : undefined,
  };
}

/** Keeps for this tab who has come. */
export function rememberIdentity(identity: Identity): void {
  if (identity.kind === 'name') tab.set(NAME_KEY, identity.name);
  if (identity.kind === 'account') tab.set(ADMISSION_KEY, JSON.stringify(identity.admission));
}

/** The rooms of this tab, besides the one in the address. */
export function rememberedRooms(): readonly string[] {
  const rooms = readJson(ROOMS_KEY);
  if (!Array.isArray(rooms)) return [];
  return rooms.filter((room): room is string => typeof room === 'string' && roomProblem(room) === undefined);
}

export function rememberRooms(rooms: readonly string[]): void {
  tab.set(ROOMS_KEY, JSON.stringify(rooms));
}

/** Puts the room in the address, which can then be passed on. */
export function showInAddress(room: string): void {
  const url = new URL(location.href);
  url.searchParams.set('room', room);
  history.replaceState(null, '', url);
}

export function forgetVisit(): void {
  for (const key of [NAME_KEY, ADMISSION_KEY, ROOMS_KEY]) tab.remove(key);
}

export function forgetAdmission(): void {
  tab.remove(ADMISSION_KEY);
}

/** Other pages of this origin may have written anything. */
function readJson(key: string): unknown {
  try {
    return JSON.parse(tab.get(key) ?? 'null');
  } catch {
    return undefined;
  }
}
