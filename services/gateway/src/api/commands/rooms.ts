import type { RoomMembers, RoomMessage } from '@outcry/broker';
import { messageFrameToJson, payloadToJson } from '@outcry/protocol';
import { z } from 'zod';

import type { Info } from '../../identity/info/user-info.ts';
import { defineCommand } from '../api-command.ts';
import { ApiError } from '../api-error.ts';
import type { ApiParts } from '../api-parts.ts';
import { position, room, text } from '../fields.ts';

const MAX_MESSAGES = 1000;
const MAX_LISTED = 1000;

const seq = z.int().nonnegative();
const count = z.int().nonnegative();
const info = z.record(z.string(), z.unknown()).meta({ description: 'Who that is, where it is known: docs/AUTH.md.' });

export const members = defineCommand({
  summary: 'The users in a room, in the whole cluster; 1,000 of them at most.',
  params: z.strictObject({ room }),
  result: z.object({
    count: count.meta({ description: 'All of them, however many are listed.' }),
    members: z.array(z.object({ user: z.string(), connections: z.int().positive(), info: info.optional() })),
  }),
  async run(parts, params) {
    checkHasPresence(parts, params.room);
    const { count: total, members: listed } = await parts.presence.list(params.room);
    return { count: total, members: listed.map(toMember) };
  },
});

export const memberCount = defineCommand({
  summary: 'How many users are in a room, in the whole cluster.',
  params: z.strictObject({ room }),
  result: z.object({ count }),
  async run(parts, params) {
    checkHasPresence(parts, params.room);
    const total = await parts.presence.count(params.room);
    if (total === undefined) throw new ApiError('unavailable', 'the members cannot be counted now; try again');
    return { count: total };
  },
});

export const history = defineCommand({
  summary: 'A page of the past of a room: what follows `after`, or the newest messages, those before `before` only.',
  params: z
    .strictObject({
      room,
      limit: z.int().min(1).max(MAX_MESSAGES).default(50),
      before: seq.optional(),
      after: seq.optional(),
    })
    .refine(({ before, after }) => before === undefined || after === undefined, 'expected before or after, not both')
    .meta({ not: { required: ['before', 'after'] } }),
  result: z.object({
    ...position,
    messages: z.array(z.object({ from: z.string(), at: z.int(), data: z.unknown(), seq, info: info.optional() })),
    more: z
      .boolean()
      .meta({ description: 'There are messages beyond the page: behind it with `after`, else before it.' }),
    away: z
      .literal(true)
      .optional()
      .meta({ description: 'The room is archived, and the archive cannot be read now: there is more than this.' }),
  }),
  async run({ past }, { room: name, limit, before, after }) {
    const range = after === undefined ? { before, limit } : { after, limit };
    const page = { ...range, maxBytes: past.pageBytes };
    // Each request is a reader of its own.
    const { head, messages, hasMore, isAway } = await past.read(
      { backlog: { hasRoom: true } },
      { room: name, page: () => page },
    );
    return {
      ...head,
      messages: messages.map(toStoredMessage),
      more: hasMore,
      ...(isAway === true ? { away: true as const } : {}),
    };
  },
});

export const removeHistory = defineCommand({
  summary:
    'Forgets what a room has stored. Numbering and live delivery go on; who would resume behind it begins afresh.',
  params: z.strictObject({ room }),
  result: z.object(position),
  run: ({ broker }, params) => broker.removeHistory(params.room),
});

export const rooms = defineCommand({
  summary: 'The rooms that somebody is in, in the whole cluster, by name. Costs as much as there are.',
  params: z.strictObject({
    prefix: text({ maxLength: 129 }).default('').meta({ description: 'Only those that begin so; `@` for inboxes.' }),
    limit: z.int().min(1).max(MAX_LISTED).default(100),
    after: z.string().optional().meta({ description: 'Only those behind this name: for the next page.' }),
  }),
  result: z.object({
    count: count.meta({ description: 'All that begin so.' }),
    rooms: z.array(z.object({ room: z.string(), members: count.optional() })),
  }),
  async run({ broker, presence }, { prefix, limit, after = '' }) {
    const named = (await broker.listRooms()).filter((name) => isListed(name, prefix)).sort();
    const page = named.filter((name) => name > after).slice(0, limit);
    const counts = await Promise.all(
      page.map(async (name) => (presence.isKept(name) ? presence.count(name) : undefined)),
    );
    return {
      count: named.length,
      rooms: page.map((name, i) => (counts[i] === undefined ? { room: name } : { room: name, members: counts[i] })),
    };
  },
});

interface StoredMessage {
  readonly from: string;
  readonly at: number;
  readonly data: unknown;
  readonly seq: number;
  readonly info?: Info | undefined;
}

function toStoredMessage({ frame, info: sender }: RoomMessage): StoredMessage {
  const { from, at, data, seq: number } = JSON.parse(messageFrameToJson(frame)) as StoredMessage;
  return { from, at, data, seq: number, ...readInfo(sender) };
}

function toMember({ user, connections, info: about }: RoomMembers['members'][number]) {
  return { user, connections, ...readInfo(about) };
}

function readInfo(bytes: Uint8Array | undefined): { readonly info?: Info } {
  return bytes === undefined ? {} : { info: JSON.parse(payloadToJson(bytes)) as Info };
}

/** Every connection has an inbox: they are listed only for whoever asks for them. */
function isListed(name: string, prefix: string): boolean {
  return name.startsWith(prefix) && (prefix !== '' || !name.startsWith('@'));
}

function checkHasPresence({ presence }: ApiParts, name: string): void {
  if (!presence.isKept(name)) throw new ApiError('noPresence', `${name} keeps no members`, 'room');
}
