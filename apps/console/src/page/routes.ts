import { archive } from '../views/archive.ts';
import { books } from '../views/books.ts';
import { clients } from '../views/clients.ts';
import { connectionView, userView } from '../views/connections.ts';
import { health } from '../views/health.ts';
import { hooks } from '../views/hooks.ts';
import { overview } from '../views/overview.ts';
import { roomView } from '../views/room.ts';
import { roomsView } from '../views/rooms.ts';
import { shards } from '../views/shards.ts';
import type { View } from '../views/view.ts';

/** The tabs, in their order: their names, where they are, and what they are called. */
export const TABS = [
  ['overview', '#/', 'Overview'],
  ['rooms', '#/rooms', 'Rooms'],
  ['clients', '#/clients', 'Clients'],
  ['books', '#/books', 'Books'],
  ['health', '#/health', 'Health'],
] as const;

/** What there is behind `#/health/`. */
const HEALTH: Readonly<Record<string, View>> = { shards, hooks, archive };

/** The view of an address, behind its `#`; the overview of one that there is not. */
export function viewOf(hash: string): View {
  const [path = '', query = ''] = hash.replace(/^#\/?/, '').split('?');
  const [kind, name] = path.split('/').map(decode);
  switch (kind) {
    case 'rooms':
      return name === undefined || name === '' ? roomsView(new URLSearchParams(query)) : roomView(name);
    case 'clients':
      return clients;
    case 'users':
      return userView(name ?? '');
    case 'connections':
      return connectionView(name ?? '');
    case 'books':
      return books;
    case 'health':
      return HEALTH[name ?? ''] ?? health;
    default:
      return overview;
  }
}

/** An address may have been typed. */
function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
