import { appendInfo, type ClientFrameOf, type CloseCode, RequestError } from '@outcry/protocol';

import type { Past, PastReader } from '../../rooms/past.ts';
import type { RoomRules } from '../../rooms/room-rules.ts';
import { acknowledge, type Answerable } from '../answers.ts';
import { checkAnswerRate, type RateParts } from '../rates.ts';
import { checkMayReadHistory, type RightsHolder } from '../room-rights.ts';

const MAX_LIMIT = 1000;

interface Client extends Answerable, RightsHolder, PastReader {
  readonly backlog: PastReader['backlog'] & { allow(send: () => void): void };
  close(closeCode: CloseCode): void;
}

interface Services extends RateParts {
  readonly past: Pick<Past, 'read' | 'pageBytes'>;
  readonly rules: RoomRules;
}

/** Reads a page of a room's past, backwards from `before` or from its newest message. */
export async function handleHistory(
  client: Client,
  { id, room, before, limit, info: wantsInfo = false }: ClientFrameOf<'history'>,
  services: Services,
): Promise<void> {
  const { past, rules } = services;
  checkMayReadHistory(client, { room, rules });
  if (limit < 1 || limit > MAX_LIMIT) throw new RequestError('badRequest', `limit: expected 1 to ${String(MAX_LIMIT)}`);
  const page = { before, limit, maxBytes: past.pageBytes };
  const {
    head,
    messages,
    hasMore,
    isAway = false,
  } = await past.read(client, {
    room,
    page: () => page,
    isAsked: true,
    // Those that were asked for together come one by one, and each may have come to much.
    check: () => {
      checkAnswerRate(client, services);
    },
  });
  // It was read because there was room for it, so that it counts against no limit.
  client.backlog.allow(() => {
    const frames = messages.map(({ frame, info }) =>
      wantsInfo && info !== undefined ? appendInfo(frame, info) : frame,
    );
    const beyond = { ...(hasMore ? { more: true } : {}), ...(isAway ? { away: true } : {}) };
    acknowledge(client, id, { messages: frames, ...head, ...beyond });
  });
}
