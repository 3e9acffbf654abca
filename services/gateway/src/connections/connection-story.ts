import { CLOSE_CODES } from '@outcry/protocol';
import { z } from 'zod';

import type { Connection } from './connection.ts';

/** Rooms, and books, that a story names; it says how many more there are. */
export const MAX_NAMED = 10;

const count = z.int().nonnegative();
const unixMs = z.int().nonnegative();

/** What is known of one connection: who, since when, what it reads, what was held back from it. */
const openStory = z.object({
  connection: z.string().meta({ description: 'As `welcome` named it.' }),
  user: z.string(),
  isGuest: z.boolean().meta({ description: 'It brought no token: its name is made up.' }),
  address: z.string(),
  endpoint: z.enum(['/ws', '/orderbookfeed']),
  encoding: z.enum(['json', 'msgpack']),
  openedAt: unixMs.meta({ description: 'Unix milliseconds.' }),
  lastHeardAt: unixMs,
  rooms: z.array(z.string()).meta({ description: `The first ${String(MAX_NAMED)}, without \`@all\` and its inbox.` }),
  roomCount: count,
  books: z.array(z.string()),
  bookCount: count,
  unreadBytes: count.meta({ description: 'Waited for it to read when it was looked at last.' }),
  heldBack: z.boolean().meta({ description: 'Rooms or books are, or were at the end, held back from it.' }),
  lagged: count.meta({ description: 'How often it read so slowly that something was held back.' }),
  laggedMs: count.meta({ description: 'For how long, all together.' }),
});

/** Who ended it: the gateway, with a code of its own; the client; or nobody, and the line broke. */
const endedBy = z.enum(['gateway', 'client', 'network']);

export const connectionStory = openStory.extend({
  closed: z
    .object({
      at: unixMs,
      code: count,
      reason: z
        .string()
        .meta({ description: 'The name of the code, as docs/PROTOCOL.md has it; empty for others’ codes.' }),
      by: endedBy,
    })
    .optional()
    .meta({ description: 'Absent while it is open.' }),
});

export type ConnectionStory = z.output<typeof connectionStory>;
type Ending = NonNullable<ConnectionStory['closed']>;

/** RFC 6455 §7.1.5: there was no close frame. */
const NO_CLOSE_FRAME = 1006;

const REASON_BY_CODE = new Map<number, string>(Object.values(CLOSE_CODES).map(({ code, reason }) => [code, reason]));

/** Undefined of one that has nothing to tell: nobody has said yet who it is. */
export function tellStory(connection: Connection): ConnectionStory | undefined {
  const { details, identity, backlog, streams } = connection;
  if (details === undefined || identity === undefined) return undefined;
  const { name, address, endpoint, encoding, openedAt, rooms, books } = details;
  const sinceHeardMs = performance.now() - connection.lastHeardAt;
  return {
    ...{ connection: name, user: identity.user, isGuest: identity.isGuest, address, endpoint, encoding, openedAt },
    lastHeardAt: Math.round(Date.now() - sinceHeardMs),
    ...{ rooms: [...rooms.names], roomCount: rooms.count, books: [...books.names], bookCount: books.count },
    unreadBytes: backlog.unreadBytes,
    heldBack: streams.isHoldingBack,
    ...{ lagged: backlog.lagged, laggedMs: Math.round(backlog.laggedMs) },
  };
}

/** @param code As the transport says it, for any close; a client may close with a code of the gateway's. */
export function tellEnding({ socket }: Connection, code: number): Ending {
  const by = socket.closeCode !== undefined ? 'gateway' : code === NO_CLOSE_FRAME ? 'network' : 'client';
  return { at: Date.now(), code, reason: REASON_BY_CODE.get(code) ?? '', by };
}
