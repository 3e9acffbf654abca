import type { ClientFrameOf } from '@outcry/protocol';

import type { Identity } from '../../identity/identity.ts';
import type { Memberships } from '../../memberships/memberships.ts';
import { acknowledge, type Answerable } from '../answers.ts';
import { checkIsIn, forbidden, isOwnRoom } from '../room-rights.ts';

interface Client extends Answerable {
  readonly identity: Identity;
  readonly memberships: Pick<Memberships, 'has' | 'leave'>;
}

export function handleLeave(client: Client, { id, room }: ClientFrameOf<'leave'>): void {
  if (isOwnRoom(client.identity, room)) throw forbidden(`nobody leaves ${room}`);
  checkIsIn(client, room);
  client.memberships.leave(room);
  acknowledge(client, id);
}
