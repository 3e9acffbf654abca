import { type Admission, isAdmission } from './accounts.ts';
import { roomProblem, toName, toRoom } from './names.ts';

const NAME_KEY = 'outcry.name';
const ADMISSION_KEY = 'outcry.admission';
const ROOMS_KEY = 'outcry.rooms';
const DEFAULT_ROOM = 'lobby';

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
  /** Of an earlier log-in that still holds. */
  readonly admission: Admission | undefined;
}

export function expectedVisit(): Expectation {
  const query = new URLSearchParams(location.search);
  return {
    name: toName(query.get('name') ?? sessionStorage.getItem(NAME_KEY) ?? ''),
    room: toRoom(query.get('room') ?? DEFAULT_ROOM),
    admission: rememberedAdmission(),
  };
}

/** Keeps for this tab who has come. */
export function rememberIdentity(identity: Identity): void {
  if (identity.kind === 'name') sessionStorage.setItem(NAME_KEY, identity.name);
  if (identity.kind === 'account') sessionStorage.setItem(ADMISSION_KEY, JSON.stringify(identity.admission));
}

/** The rooms of this tab, besides the one in the address. */
export function rememberedRooms(): readonly string[] {
  const rooms = readJson(ROOMS_KEY);
  if (!Array.isArray(rooms)) return [];
  return rooms.filter((room): room is string => typeof room === 'string' && roomProblem(room) === undefined);
}

export function rememberRooms(rooms: readonly string[]): void {
  sessionStorage.setItem(ROOMS_KEY, JSON.stringify(rooms));
}

/** Puts the room in the address, which can then be passed on. */
export function showInAddress(room: string): void {
  const url = new URL(location.href);
  url.searchParams.set('room', room);
  history.replaceState(null, '', url);
}

export function forgetVisit(): void {
  for (const key of [NAME_KEY, ADMISSION_KEY, ROOMS_KEY]) sessionStorage.removeItem(key);
}

export function forgetAdmission(): void {
  sessionStorage.removeItem(ADMISSION_KEY);
}

function rememberedAdmission(): Admission | undefined {
  const admission = readJson(ADMISSION_KEY);
  return isAdmission(admission) && admission.expiresAt > Date.now() ? admission : undefined;
}

/** Other pages of this origin may have written anything. */
function readJson(key: string): unknown {
  try {
    return JSON.parse(sessionStorage.getItem(key) ?? 'null');
  } catch {
    return undefined;
  }
}
