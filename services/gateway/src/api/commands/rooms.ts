import type { RoomMembers, RoomMessage, RoomWeight } from '@outcry/broker';
import { messageFrameToJson, payloadToJson } from '@outcry/protocol';
import { z } from 'zod';

import type { Info } from '../../identity/info/user-info.ts';
import { Access } from '../access.ts';
import { defineCommand } from '../api-command.ts';
import { ApiError } from '../api-error.ts';
import type { ApiParts } from '../api-parts.ts';
import { position, room, text } from '../fields.ts';

const MAX_MESSAGES = 1000;
const MAX_LISTED = 1000;
/** Rooms that are weighed for one answer, each with two commands to Redis; so many of them at a time. */
const MAX_WEIGHED = 10_000;
const WEIGHED_AT_ONCE = 200;
const NOTHING_STORED: RoomWeight = { messages: 0, bytes: 0 };

const seq = z.int().nonnegative();
const count = z.int().nonnegative();
const info = z.record(z.string(), z.unknown()).meta({ description: 'Who that is, where it is known: docs/AUTH.md.' });

export const members = defineCommand({
  summary: 'The users in a room, in the whole cluster; 1,000 of them at most.',
  access: Access.Look,
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
  access: Access.Look,
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
  access: Access.Look,
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
  access: Access.Act,
  params: z.strictObject({ room }),
  result: z.object(position),
  run: ({ broker }, params) => broker.removeHistory(params.room),
});

export const rooms = defineCommand({
  summary:
    'The rooms that somebody is in, in the whole cluster: by name, or the largest first. Costs as much as there are.',
  access: Access.Look,
  params: z
    .strictObject({
      prefix: text({ maxLength: 129 }).default('').meta({ description: 'Only those that begin so; `@` for inboxes.' }),
      limit: z.int().min(1).max(MAX_LISTED).default(100),
      after: z.string().optional().meta({ description: 'Only those behind this name: for the next page.' }),
      by: z
        .enum(['name', 'members', 'bytes'])
        .default('name')
        .meta({
          description: `What they are ordered by. \`members\` and \`bytes\`, of what is stored, look at ${String(MAX_WEIGHED)} rooms at most.`,
        }),
    })
    .refine(({ by, after }) => by === 'name' || after === undefined, 'only rooms by name have pages')
    .meta({
      not: { required: ['by', 'after'], properties: { by: { enum: ['members', 'bytes'] } } },
    }),
  result: z.object({
    count: count.meta({ description: 'All that begin so.' }),
    rooms: z.array(
      z.object({
        room: z.string(),
        members: count.optional(),
        stored: z.object({ messages: count, bytes: count }).optional().meta({
          description: 'What is kept of its past, in bytes about. Absent where they are ordered by name.',
        }),
      }),
    ),
    beyond: count.optional().meta({ description: 'So many that begin so were not looked at: there are too many.' }),
  }),
  async run(parts, { prefix, limit, after = '', by }) {
    const named = (await parts.broker.listRooms()).filter((name) => isListed(name, prefix));
    if (by !== 'name') return listLargest(parts, named, { by, limit });
    const page = named
      .sort()
      .filter((name) => name > after)
      .slice(0, limit);
    return { count: named.length, rooms: await countMembers(parts, page) };
  },
});

interface Size {
  readonly by: 'members' | 'bytes';
  readonly limit: number;
}

/** Asks about some at a time, so that nobody waits behind all of them. */
async function listLargest(parts: ApiParts, named: readonly string[], { by, limit }: Size) {
  const looked = named.slice(0, MAX_WEIGHED);
  const weighed: WeighedRoom[] = [];
  for (let start = 0; start < looked.length; start += WEIGHED_AT_ONCE) {
    const names = looked.slice(start, start + WEIGHED_AT_ONCE);
    const [counted, stored] = await Promise.all([countMembers(parts, names), parts.broker.weigh(names)]);
    weighed.push(...counted.map((room, i) => ({ ...room, stored: stored[i] ?? NOTHING_STORED })));
    weighed.sort((a, b) => sizeOf(b, by) - sizeOf(a, by) || a.room.localeCompare(b.room));
    weighed.length = Math.min(weighed.length, limit);
  }
  const beyond = named.length - looked.length;
  return { count: named.length, rooms: weighed, ...(beyond === 0 ? {} : { beyond }) };
}

interface CountedRoom {
  readonly room: string;
  readonly members?: number;
}

interface WeighedRoom extends CountedRoom {
  readonly stored: RoomWeight;
}

function sizeOf({ members = 0, stored }: WeighedRoom, by: Size['by']): number {
  return by === 'members' ? members : stored.bytes;
}

function countMembers({ presence }: ApiParts, names: readonly string[]): Promise<CountedRoom[]> {
  return Promise.all(
    names.map(async (room) => {
      const members = presence.isKept(room) ? await presence.count(room) : undefined;
      return members === undefined ? { room } : { room, members };
    }),
  );
}

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
