import { Script } from '../script-call.ts';
import { CREATE_ACCOUNT } from '../../accounts/scripts/create.lua.ts';
import { PUBLISH_DELTA, PUBLISH_PULSE, PUBLISH_SNAPSHOT, READ_BOOK } from '../../feeds/scripts/book.lua.ts';
import { ACQUIRE_LEASE, RELEASE_LEASE, RENEW_LEASE } from '../../leases/scripts/lease.lua.ts';
import { ATTEND_NODE, LIST_NODES } from '../../nodes/scripts/node-roster.lua.ts';
import { OPEN_ROOM } from '../../rooms/scripts/open-room.lua.ts';
import { SET_LEASE, TEND_LEASES } from '../../presence/scripts/leases.lua.ts';
import { LIST_MEMBERS, RAISE_FENCE, REAP_ROOM, VOID_LEASE, WRITE_MEMBERS } from '../../presence/scripts/members.lua.ts';
import { PUBLISH_MESSAGE } from '../../rooms/scripts/publish-message.lua.ts';
import { ATTEND, LEAVE } from '../../nodes/scripts/publisher-roster.lua.ts';
import { READ_HISTORY } from '../../rooms/scripts/read-history.lua.ts';
import { REMOVE_HISTORY } from '../../rooms/scripts/remove-history.lua.ts';
import { REVOKE } from '../../revocations/scripts/revoke.lua.ts';
import { HOLD_COUNT, TAKE_TOKEN } from '../../limits/scripts/shared-limits.lua.ts';

/** Every script, by the name it is called with. */
export const SCRIPTS = {
  publishMessage: new Script(PUBLISH_MESSAGE),
  openRoom: new Script(OPEN_ROOM),
  readHistory: new Script(READ_HISTORY),
  removeHistory: new Script(REMOVE_HISTORY),
  publishSnapshot: new Script(PUBLISH_SNAPSHOT),
  publishDelta: new Script(PUBLISH_DELTA),
  publishPulse: new Script(PUBLISH_PULSE),
  readBook: new Script(READ_BOOK),
  acquireLease: new Script(ACQUIRE_LEASE),
  renewLease: new Script(RENEW_LEASE),
  releaseLease: new Script(RELEASE_LEASE),
  attend: new Script(ATTEND),
  leave: new Script(LEAVE),
  setLease: new Script(SET_LEASE),
  tendLeases: new Script(TEND_LEASES),
  raiseFence: new Script(RAISE_FENCE),
  writeMembers: new Script(WRITE_MEMBERS),
  listMembers: new Script(LIST_MEMBERS),
  voidLease: new Script(VOID_LEASE),
  reapRoom: new Script(REAP_ROOM),
  attendNode: new Script(ATTEND_NODE),
  listNodes: new Script(LIST_NODES),
  revoke: new Script(REVOKE),
  createAccount: new Script(CREATE_ACCOUNT),
  holdCount: new Script(HOLD_COUNT),
  takeToken: new Script(TAKE_TOKEN),
} as const;

export type ScriptName = keyof typeof SCRIPTS;
