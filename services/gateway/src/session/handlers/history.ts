import { type ClientFrameOf, RequestError } from '@outcry/protocol';

import { checkMayReadHistory } from '../room-rights.ts';
import type { Session } from '../session.ts';

const MAX_LIMIT = 1000;

/** Reads a page of a room's past, backwards from `before` or from its newest message. */
export async function handleHistory(session: Session, frame: ClientFrameOf<'history'>): Promise<void> {
  const { id, room, before, limit } = frame;
  checkMayReadHistory(session, room);
  if (limit < 1 || limit > MAX_LIMIT) throw new RequestError('badRequest', `limit: expected 1 to ${String(MAX_LIMIT)}`);
  const { broker, config } = session.services;
  const { head, messages } = await broker.readHistory(room, { before, limit }, config.roomRules.of(room).retention);
  session.acknowledge(id, { messages: messages.map(({ frame: message }) => message), ...head });
}
