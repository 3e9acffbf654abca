import { CREATE_ACCOUNT } from './create-account.lua.ts';
import { PUBLISH_DELTA, PUBLISH_PULSE, PUBLISH_SNAPSHOT, READ_BOOK } from './feed.lua.ts';
import { ACQUIRE_LEASE, RELEASE_LEASE, RENEW_LEASE } from './lease.lua.ts';
import { ATTEND_NODE, LIST_NODES } from './node-roster.lua.ts';
import { OPEN_ROOM } from './open-room.lua.ts';
import { SET_LEASE, TEND_LEASES } from './presence-leases.lua.ts';
import { LIST_MEMBERS, RAISE_FENCE, REAP_ROOM, VOID_LEASE, WRITE_MEMBERS } from './presence-members.lua.ts';
import { PUBLISH_MESSAGE } from './publish-message.lua.ts';
import { ATTEND, LEAVE } from './publisher-roster.lua.ts';
import { READ_HISTORY } from './read-history.lua.ts';
import { REMOVE_HISTORY } from './remove-history.lua.ts';
import { REVOKE } from './revoke.lua.ts';
import { HOLD_COUNT, TAKE_TOKEN } from './shared-limits.lua.ts';

/** Every script, by the name it is called with. */
export const SCRIPTS = {
  publishMessage: PUBLISH_MESSAGE,
  openRoom: OPEN_ROOM,
  readHistory: READ_HISTORY,
  removeHistory: REMOVE_HISTORY,
  publishSnapshot: PUBLISH_SNAPSHOT,
  publishDelta: PUBLISH_DELTA,
  publishPulse: PUBLISH_PULSE,
  readBook: READ_BOOK,
  acquireLease: ACQUIRE_LEASE,
  renewLease: RENEW_LEASE,
  releaseLease: RELEASE_LEASE,
  attend: ATTEND,
  leave: LEAVE,
  setLease: SET_LEASE,
  tendLeases: TEND_LEASES,
  raiseFence: RAISE_FENCE,
  writeMembers: WRITE_MEMBERS,
  listMembers: LIST_MEMBERS,
  voidLease: VOID_LEASE,
  reapRoom: REAP_ROOM,
  attendNode: ATTEND_NODE,
  listNodes: LIST_NODES,
  revoke: REVOKE,
  createAccount: CREATE_ACCOUNT,
  holdCount: HOLD_COUNT,
  takeToken: TAKE_TOKEN,
} as const;

export type ScriptName = keyof typeof SCRIPTS;
