import { ALL_ROOM } from '@outcry/protocol';
import { z } from 'zod';

import { Access } from '../access.ts';
import { defineCommand } from '../api-command.ts';
import { data, from, key, published, room } from '../fields.ts';
import { encodeData, publishData } from './publish-data.ts';

/** Rooms of one broadcast. More can be named in another. */
const MAX_ROOMS = 1000;

export const publish = defineCommand({
  summary: 'Publishes a message to a room, or to the inbox of a user.',
  access: Access.Serve,
  isTraced: true,
  params: z.strictObject({ room, data, from, key }),
  result: published,
  run: (parts, { room: name, ...message }) =>
    publishData(parts, name, { ...message, data: encodeData(message.data, parts.maxDataBytes) }),
});

export const broadcast = defineCommand({
  summary:
    'Publishes one message to many rooms. After an error, repeat it with the same key: what was done is not done twice.',
  access: Access.Serve,
  isTraced: true,
  params: z.strictObject({ rooms: z.array(room).min(1).max(MAX_ROOMS), data, from, key }),
  result: z.object({ results: z.array(published).meta({ description: 'In the order of the rooms.' }) }),
  async run(parts, { rooms, ...message }) {
    const payload = encodeData(message.data, parts.maxDataBytes);
    return { results: await Promise.all(rooms.map((name) => publishData(parts, name, { ...message, data: payload }))) };
  },
});

export const announce = defineCommand({
  summary: 'Publishes a message to every connection (`@all`).',
  access: Access.Act,
  isTraced: true,
  params: z.strictObject({ data, from, key }),
  result: published,
  run: (parts, message) =>
    publishData(parts, ALL_ROOM, { ...message, data: encodeData(message.data, parts.maxDataBytes) }),
});
