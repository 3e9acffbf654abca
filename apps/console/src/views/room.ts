import { h } from '@outcry/page';

import type { Answers, ListedRoom, Message } from '../api/answers.ts';
import { Refusal } from '../api/api.ts';
import { actionButton, at, card, cardWith, empty, figure, nameLink, time } from '../parts/pieces.ts';
import { bytes, number } from '../words/figures.ts';
import type { View, ViewParts } from './view.ts';

const SHOWN_MESSAGES = 25;
const SHOWN_MEMBERS = 100;
/** What is longer is cut: a payload may be as large as a frame. */
const SHOWN_CHARACTERS = 2000;
const SAME_BEGINNING = 100;

/** One room: who is in it, what was said last, what it takes. */
export function roomView(name: string): View {
  let weight: Promise<ListedRoom | undefined> | undefined;
  return {
    title: `Room ${name}`,
    tab: 'rooms',
    async load(parts: ViewParts) {
      const { api, mayAct } = parts;
      // It asks for all names there are, so once will do.
      weight ??= weigh(parts, name);
      const [history, members, stored] = await Promise.all([
        api.ask('history', { room: name, limit: SHOWN_MESSAGES }),
        askMembers(parts, name),
        weight,
      ]);
      const act = (action: string, text: string): HTMLElement => actionButton(action, name, { text, mayAct });
      return [
        h(
          'div',
          { class: 'title-row' },
          h('h1', { class: 'title' }, h('span', { class: 'title-kind' }, 'Room'), h('bdi', {}, name)),
          h(
            'div',
            { class: 'buttons' },
            act('say', 'Say something…'),
            act('trace', 'Trace for a minute…'),
            act('removeHistory', 'Forget what was said…'),
          ),
        ),
        h(
          'dl',
          { class: 'figures' },
          figure('Members', members === undefined ? 'not kept' : number(members.count)),
          figure('Stored messages', stored === undefined ? '?' : number(stored.stored?.messages ?? 0)),
          figure('Stored, about', stored === undefined ? '?' : bytes(stored.stored?.bytes ?? 0)),
          figure('Newest number', number(history.seq)),
        ),
        h('div', { class: 'columns' }, showMessages(history), showMembers(members)),
      ];
    },
  };
}

async function weigh({ api }: ViewParts, name: string): Promise<ListedRoom | undefined> {
  const { rooms } = await api.ask('rooms', { prefix: name, by: 'bytes', limit: SAME_BEGINNING });
  return rooms.find(({ room }) => room === name);
}

async function askMembers({ api }: ViewParts, room: string): Promise<Answers['members'] | undefined> {
  try {
    return await api.ask('members', { room });
  } catch (err) {
    if (err instanceof Refusal && err.code === 'noPresence') return undefined;
    throw err;
  }
}

function showMessages({ messages, more }: Answers['history']): HTMLElement {
  if (messages.length === 0) return card('Last messages', empty('Nothing is stored.'));
  const shown = [...messages].reverse().map((message) => showMessage(message));
  const rest = more ? h('p', { class: 'hint' }, 'There are older ones.') : undefined;
  return card('Last messages', h('ol', { class: 'messages' }, ...shown), rest);
}

function showMessage({ from, at: saidAt, data, seq }: Message): HTMLElement {
  const text = JSON.stringify(data, undefined, 2);
  const cut = text.length > SHOWN_CHARACTERS ? `${text.slice(0, SHOWN_CHARACTERS)}…` : text;
  return h(
    'li',
    { 'data-key': seq, 'data-testid': 'message' },
    h(
      'div',
      { class: 'message-head' },
      nameLink(at.user(from), from),
      time(saidAt),
      h('span', { class: 'faint' }, `#${String(seq)}`),
    ),
    // It can be scrolled, by whoever has no mouse as well.
    h('pre', { tabindex: 0, role: 'group', 'aria-label': `Message ${String(seq)}` }, cut),
  );
}

function showMembers(members: Answers['members'] | undefined): HTMLElement {
  if (members === undefined) return card('Members', empty('The rule of this room keeps no members.'));
  if (members.count === 0) return card('Members', empty('Nobody is in it.'));
  const shown = members.members
    .slice(0, SHOWN_MEMBERS)
    .map(({ user, connections }) =>
      h(
        'li',
        { 'data-key': user, 'data-testid': 'member' },
        nameLink(at.user(user), user),
        connections > 1 && h('span', { class: 'faint' }, `${String(connections)} connections`),
      ),
    );
  const rest = members.count - shown.length;
  return cardWith('Members', [], h('ul', { class: 'people' }, ...shown), rest > 0 && empty(`and ${number(rest)} more`));
}
