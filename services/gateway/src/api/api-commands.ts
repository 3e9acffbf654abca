import type { ApiCommand } from './api-command.ts';
import { deleteAccount, resetPassword } from './commands/accounts.ts';
import { books } from './commands/books.ts';
import { drain, health, info, nodes, rebalance, undrain } from './commands/cluster.ts';
import { connections, disconnect, refresh, send, subscribe, unsubscribe } from './commands/connections.ts';
import { resendEvents } from './commands/events.ts';
import { archive, hooks, shards } from './commands/parts.ts';
import { announce, broadcast, publish } from './commands/messages.ts';
import { revoke } from './commands/revocations.ts';
import { history, memberCount, members, removeHistory, rooms } from './commands/rooms.ts';
import { search } from './commands/search.ts';
import { top } from './commands/top.ts';
import { trace } from './commands/trace.ts';
import { whoami } from './commands/whoami.ts';

/** Every command of the server API, by the name in its path: `POST /api/<name>`. */
export const API_COMMANDS: Readonly<Record<string, ApiCommand>> = {
  publish,
  broadcast,
  announce,
  members,
  memberCount,
  history,
  removeHistory,
  search,
  rooms,
  connections,
  disconnect,
  subscribe,
  unsubscribe,
  send,
  refresh,
  revoke,
  deleteAccount,
  resetPassword,
  nodes,
  info,
  health,
  shards,
  hooks,
  archive,
  books,
  top,
  trace,
  rebalance,
  drain,
  undrain,
  resendEvents,
  whoami,
};
