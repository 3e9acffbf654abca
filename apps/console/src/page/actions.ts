import { h } from '@outcry/page';

import type { Api } from '../api/api.ts';
import { table } from '../parts/pieces.ts';
import { number } from '../words/figures.ts';

/** Something that is done once the visitor has confirmed it. */
export interface Action {
  readonly title: string;
  /** What the button says. */
  readonly verb: string;
  readonly body: readonly (Node | string)[];
  /** There is nothing to confirm: only to read. */
  readonly isIdle?: boolean;
  /** Returns what is said afterwards. @throws Refusal */
  run(reason: string): Promise<string>;
}

type Prepare = (subject: string, api: Api) => Promise<Action> | Action;

/** By the name that buttons have. */
export const ACTIONS: Readonly<Record<string, Prepare>> = {
  disconnect: (user, api) => {
    const mayReturn = checkbox('may-return', 'They may come back at once');
    return {
      title: 'Disconnect a user',
      verb: 'Disconnect',
      body: [about(user), text('Closes every connection that this user has, on every gateway.'), mayReturn.label],
      run: async (reason) => told(await api.act('disconnect', { user, mayReturn: mayReturn.isTicked() }, reason)),
    };
  },
  disconnectOne: (connection, api) => {
    const mayReturn = checkbox('may-return', 'It may come back at once');
    return {
      title: 'Disconnect one connection',
      verb: 'Disconnect',
      body: [about(connection), text('The other connections of this user stay.'), mayReturn.label],
      run: async (reason) => told(await api.act('disconnect', { connection, mayReturn: mayReturn.isTicked() }, reason)),
    };
  },
  revoke: (user, api) => ({
    title: 'Revoke all tokens of a user',
    verb: 'Revoke',
    body: [
      about(user),
      text(
        'Every token that was issued until now is good no longer, and the sessions that came by them are closed. This cannot be undone: the user needs a new token.',
      ),
    ],
    run: async (reason) => {
      await api.act('revoke', { user }, reason);
      return 'Revoked. Sessions close as gateways hear of it.';
    },
  }),
  say: (room, api) => {
    const entry = textarea('What everybody in the room is told, as JSON or as text');
    return {
      title: 'Say something in a room',
      verb: 'Publish',
      body: [about(room), text('As “server”. It is stored like any other message.'), entry.label],
      run: async (reason) => {
        await api.act('publish', { room, data: entry.read() }, reason);
        return 'Published.';
      },
    };
  },
  trace: (room, api) => ({
    title: 'Trace a room for a minute',
    verb: 'Trace',
    body: [
      about(room),
      text(
        'What clients and servers say in it is told to the collector of traces, from its arrival at a gateway to the sockets: so many messages a second as OUTCRY_TRACE_MAX_PER_SECOND allows.',
      ),
    ],
    run: async (reason) => {
      await api.act('trace', { room }, reason);
      return 'It is traced for a minute: your collector has it.';
    },
  }),
  announce: (_, api) => {
    const entry = textarea('What every client is told, as JSON or as text');
    return {
      title: 'Tell every client something',
      verb: 'Announce',
      body: [text('Goes to every connection of every gateway (@all), as “server”.'), entry.label],
      run: async (reason) => {
        await api.act('announce', { data: entry.read() }, reason);
        return 'Announced.';
      },
    };
  },
  removeHistory: (room, api) => ({
    title: 'Forget what was said in a room',
    verb: 'Forget',
    body: [
      about(room),
      text(
        'What Redis has stored of it is gone for good. Members stay, numbering goes on. An archive in PostgreSQL keeps it, and clients can read it there until outcry.archive_erase deletes it.',
      ),
    ],
    run: async (reason) => {
      await api.act('removeHistory', { room }, reason);
      return 'Forgotten.';
    },
  }),
  drain: async (node, api) => {
    const { nodes } = await api.ask('nodes');
    const { connections = 0 } = nodes.find((report) => report.node === node) ?? {};
    const others = nodes.filter((report) => report.node !== node && report.isReady).length;
    return {
      title: 'Drain a gateway',
      verb: 'Drain',
      body: [
        about(node),
        text(
          `Its ${number(connections)} connections go elsewhere, and nobody comes in. The process stays, and can be put back.`,
        ),
        ...(others > 0
          ? []
          : [h('p', { class: 'note note-bad' }, 'No other gateway is ready: its clients will have nowhere to go.')]),
      ],
      run: async (reason) => {
        await api.act('drain', { node }, reason);
        return `${node} drains.`;
      },
    };
  },
  undrain: (node, api) => ({
    title: 'Put a gateway back into service',
    verb: 'Put back',
    body: [about(node), text('Clients come in again.')],
    run: async (reason) => {
      await api.act('undrain', { node }, reason);
      return `${node} takes clients again.`;
    },
  }),
  rebalance: async (_, api) => {
    const { moves } = await api.ask('rebalance', { dryRun: true });
    if (moves.length === 0)
      return {
        title: 'Rebalance',
        verb: '',
        isIdle: true,
        body: [text('No gateway has many more clients than the others: there is nothing to do.')],
        run: () => Promise.resolve(''),
      };
    return {
      title: 'Rebalance',
      verb: 'Ask them to move',
      body: [
        text('For five seconds, these gateways ask some of their clients to move. Nobody is cut off.'),
        table({
          ...{ caption: 'Who has too many', rows: moves },
          keyOf: ({ node }) => node,
          columns: [
            { title: 'Gateway', show: ({ node }) => node },
            { title: 'Has', isFigure: true, show: ({ connections }) => number(connections) },
            { title: 'Too many', isFigure: true, show: ({ surplus }) => number(surplus) },
          ],
        }),
      ],
      run: async (reason) => {
        await api.act('rebalance', {}, reason);
        return 'They are being asked.';
      },
    };
  },
};

function about(name: string): HTMLElement {
  return h('p', { class: 'subject' }, h('bdi', {}, name));
}

function text(words: string): HTMLElement {
  return h('p', {}, words);
}

function told(answer: unknown): string {
  const { nodes } = answer as { nodes: number };
  return `${number(nodes)} gateway${nodes === 1 ? ' was' : 's were'} told.`;
}

function checkbox(id: string, words: string): { label: HTMLElement; isTicked: () => boolean } {
  const input = h('input', { id, type: 'checkbox' });
  return { label: h('label', { class: 'check' }, input, ` ${words}`), isTicked: () => input.checked };
}

function textarea(words: string): { label: HTMLElement; read: () => unknown } {
  const input = h('textarea', { rows: 4, 'data-testid': 'what' });
  const read = (): unknown => {
    try {
      return JSON.parse(input.value);
    } catch {
      return { text: input.value };
    }
  };
  return { label: h('label', { class: 'field' }, h('span', { class: 'field-label' }, words), input), read };
}
