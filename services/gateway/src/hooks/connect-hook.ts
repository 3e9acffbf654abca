import { isAssignableUserName, isRoomName, NAME_RULE, ValueFault } from '@outcry/protocol';
import { z } from 'zod';

import type { Identity } from '../identity/identity.ts';
import { encodeInfo } from '../identity/info/user-info.ts';
import { type GrantList, roomGrants } from '../identity/rights/grant-list.ts';
import type { RevokedTokens } from '../identity/revoked-tokens.ts';
import { RoomGrants } from '../identity/rights/room-grants.ts';
import { RoomRight } from '../identity/rights/room-rights.ts';
import { answerReader } from './answer.ts';
import type { HookClient } from './hook-client.ts';
import { askerOf, describeSubject, type Subject } from './question.ts';
import { HookName, OnFailure } from './settings.ts';

const MAX_ROOMS = 128;

/** Who comes, and what for. */
export interface Arrival extends Subject {
  /** The path that was connected to. */
  readonly endpoint: string;
  /** Whether the session is there already, and has brought another token. */
  readonly isRefresh: boolean;
}

export const Refused = {
  /** The server said no. */
  Refused: 'refused',
  /** It said nothing that can be used, and what is not allowed is not. */
  Undecided: 'undecided',
  /** The tokens of the user that the server named are void. */
  Revoked: 'revoked',
} as const;
export type Refused = (typeof Refused)[keyof typeof Refused];

/** What becomes of somebody who comes. */
export type Admission =
  | { readonly identity: Identity; readonly rooms: readonly string[]; readonly refused?: undefined }
  | { readonly identity?: undefined; readonly refused: Refused };

/** Rooms that a session is put into. Its own it is in anyway, and others' inboxes are theirs. */
const rooms = z
  .array(z.string().refine((name) => isRoomName(name) && !name.startsWith('@'), `expected a room (${NAME_RULE})`))
  .max(MAX_ROOMS, `expected at most ${String(MAX_ROOMS)} rooms`);

const info = z.record(z.string(), z.unknown()).transform((value, context) => {
  try {
    return encodeInfo(value);
  } catch (err) {
    if (!(err instanceof ValueFault)) throw err;
    context.addIssue(err.describe('info'));
    return z.NEVER;
  }
});

const readAnswer = answerReader({
  user: z.string().refine(isAssignableUserName, `expected a user (${NAME_RULE})`).optional(),
  rights: roomGrants.optional(),
  rooms: rooms.prefault([]),
  info: info.optional(),
});

type Answer = Exclude<ReturnType<typeof readAnswer>, { readonly allow: false }>;

export interface ConnectHookOptions {
  readonly client: HookClient;
  readonly node: string;
  readonly onFailure: OnFailure;
  /** Who is revoked may not come under the name that the server gives, either. */
  readonly revokedTokens: Pick<RevokedTokens, 'has'>;
}

/** Asks the operator's server who may come, as whom, and with which rights. */
export class ConnectHook {
  readonly #options: ConnectHookOptions;

  constructor(options: ConnectHookOptions) {
    this.#options = options;
  }

  /** Never rejects. */
  async admit(arrival: Arrival): Promise<Admission> {
    const { client, node, onFailure, revokedTokens } = this.#options;
    const { identity, endpoint, isRefresh } = arrival;
    const scopes = [...identity.scopes];
    const question = { ...describeSubject(HookName.Connect, node, arrival), endpoint, refresh: isRefresh, scopes };
    let admitted = { identity, rooms: [] as readonly string[] };
    try {
      const answer = await client.ask({ text: JSON.stringify(question), asker: askerOf(arrival) }, readAnswer);
      if (!answer.allow) return { refused: Refused.Refused };
      admitted = { identity: identityFrom(identity, answer), rooms: answer.rooms };
    } catch {
      if (onFailure === OnFailure.Deny) return { refused: Refused.Undecided };
    }
    // It may have been revoked while the server was asked, too.
    return revokedTokens.has(admitted.identity) ? { refused: Refused.Revoked } : admitted;
  }
}

/** What the answer says nothing of is as the token has it. Who is given a name is a guest no more. */
function identityFrom(identity: Identity, { user, rights, rooms: named, info: shown }: Answer): Identity {
  return {
    ...identity,
    ...(user === undefined ? {} : { user, isGuest: false }),
    grants: grantsFrom(identity.grants, rights, named),
    ...(shown === undefined ? {} : { info: shown }),
  };
}

/** A room that somebody is put into may be read. */
function grantsFrom(own: RoomGrants, rights: GrantList | undefined, named: readonly string[]): RoomGrants {
  const base = rights === undefined ? own : new RoomGrants(rights);
  return named.length === 0 ? base : base.with(named.map((room) => [room, new Set([RoomRight.Read])]));
}
