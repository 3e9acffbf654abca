import type { Broker } from '@outcry/broker';
import { type ClientFrameOf, RequestError } from '@outcry/protocol';

import type { RoomRules } from '../../rooms/room-rules.ts';
import { acknowledge, type Answerable } from '../answers.ts';
import { checkMayReadHistory, type RightsHolder } from '../room-rights.ts';

const MAX_LIMIT = 1000;

interface Services {
  readonly broker: Pick<Broker, 'readHistory'>;
  readonly rules: RoomRules;
}

/** Reads a page of a room's past, backwards from `before` or from its newest message. */
export async function handleHistory(
  client: Answerable & RightsHolder,
  { id, room, before, limit }: ClientFrameOf<'history'>,
  { broker, rules }: Services,
): Promise<void> {
  checkMayReadHistory(client, { room, rules });
  if (limit < 1 || limit > MAX_LIMIT) throw new RequestError('badRequest', `limit: expected 1 to ${String(MAX_LIMIT)}`);
  const { head, messages } = await broker.readHistory(room, { before, limit }, rules.of(room).retention);
  acknowledge(client, id, { messages: messages.map(({ frame }) => frame), ...head });
}
