import { z } from 'zod';

import { askNodes } from '../../cluster/ask-nodes.ts';
import { encodeControlNotice } from '../../cluster/control-notice.ts';
import { connectionStory } from '../../connections/connection-story.ts';
import { Access } from '../access.ts';
import { defineCommand } from '../api-command.ts';
import { asked, data, exactlyOneOf, ordinaryRoom, rights, signalName, tellAsked, text, user } from '../fields.ts';
import { encodeData } from './publish-data.ts';

const connection = text({ minLength: 1, maxLength: 255 }).meta({ description: 'As `welcome` named it.' });

/** All connections of a user, or one. */
const target = { user: user.optional(), connection: connection.optional() };

/** Parameters that say whom they are about. */
function aboutConnections<F extends z.core.$ZodShape>(fields: F) {
  return z
    .strictObject({ ...target, ...fields })
    .refine(
      (params: { user?: unknown; connection?: unknown }) =>
        (params.user === undefined) !== (params.connection === undefined),
      {
        message: 'expected either user or connection',
      },
    )
    .meta(exactlyOneOf('user', 'connection'));
}

const told = z.object({
  nodes: z
    .int()
    .nonnegative()
    .meta({ description: 'Gateways that were told: as many as there are, where all is well.' }),
});

const MAX_STORIES = 100;

export const connections = defineCommand({
  summary:
    'The connections of a user, or one, wherever they are: those that are open, and those that were closed lately, with why.',
  access: Access.Look,
  params: aboutConnections({
    limit: z.int().min(1).max(MAX_STORIES).default(20).meta({ description: 'Of each gateway, and of all together.' }),
  }),
  result: z.object({
    connections: z.array(connectionStory.extend({ node: z.string() })),
    more: z.boolean().meta({ description: 'There are more than were asked for, or than fit.' }),
    forgotten: z.array(z.object({ node: z.string(), until: z.int() })).meta({
      description: 'Gateways that have forgotten some that were closed before this moment, in Unix milliseconds.',
    }),
    ...asked,
  }),
  async run(parts, { limit, ...whom }) {
    const { told: answers, ...others } = await askNodes({ what: 'connections', ...whom, limit }, parts);
    const all = answers.flatMap(({ node, answer }) => answer.connections.map((story) => ({ node, ...story })));
    all.sort((a, b) => (b.closed?.at ?? Infinity) - (a.closed?.at ?? Infinity) || b.openedAt - a.openedAt);
    return {
      connections: all.slice(0, limit),
      more: all.length > limit || answers.some(({ answer }) => answer.more),
      forgotten: answers.flatMap(({ node, answer: { completeSince: until } }) =>
        until === undefined ? [] : [{ node, until }],
      ),
      ...tellAsked(others),
    };
  },
});

export const disconnect = defineCommand({
  summary: 'Closes the connections of a user, or one connection, on whichever gateway they are.',
  access: Access.Act,
  params: aboutConnections({
    mayReturn: z
      .boolean()
      .default(false)
      .meta({ description: 'Closes with `reconnect`, after which clients come back, instead of `disconnected`.' }),
  }),
  result: told,
  async run({ control }, params) {
    return { nodes: await control.tell(encodeControlNotice({ kind: 'disconnect', ...params })) };
  },
});

export const subscribe = defineCommand({
  summary: 'Puts the sessions of a user, or one, into a room, which they may read from then on.',
  access: Access.Serve,
  params: aboutConnections({ room: ordinaryRoom }),
  result: told,
  async run({ control }, params) {
    return { nodes: await control.tell(encodeControlNotice({ kind: 'subscribe', ...params })) };
  },
});

export const unsubscribe = defineCommand({
  summary: 'Takes the sessions of a user, or one, out of a room, and takes back what `subscribe` gave.',
  access: Access.Serve,
  params: aboutConnections({ room: ordinaryRoom }),
  result: told,
  async run({ control }, params) {
    return { nodes: await control.tell(encodeControlNotice({ kind: 'unsubscribe', ...params })) };
  },
});

export const send = defineCommand({
  summary: 'Says something to one connection: a signal in the inbox of its user, from `server`. It is not stored.',
  access: Access.Serve,
  params: z.strictObject({ connection, name: signalName, data: data.optional() }),
  result: told,
  async run({ control, maxDataBytes }, { data: value, ...params }) {
    const payload =
      value === undefined ? {} : { data: Buffer.from(encodeData(value, maxDataBytes)).toString('base64') };
    return { nodes: await control.tell(encodeControlNotice({ kind: 'send', ...params, ...payload })) };
  },
});

export const refresh = defineCommand({
  summary: 'Gives the sessions of a user, or one, other rights in place of their tokens’, until they have newer ones.',
  access: Access.Serve,
  params: aboutConnections({ rights }),
  result: told,
  async run({ control }, params) {
    return { nodes: await control.tell(encodeControlNotice({ kind: 'refresh', ...params })) };
  },
});
