import { type Child, h } from '@outcry/page';

import type { Answers, Story } from '../api/answers.ts';
import { actionButton, askedNote, at, badge, cardWith, empty, hint, nameLink, time } from '../parts/pieces.ts';
import { whyClosed } from '../words/closes.ts';
import { bytes, duration, number } from '../words/figures.ts';
import { clock } from '../words/times.ts';
import type { View, ViewParts } from './view.ts';

const SHOWN = 50;

/** What has become of the connections of a user. */
export function userView(user: string): View {
  return {
    title: `User ${user}`,
    tab: 'clients',
    async load(parts: ViewParts) {
      const { mayAct } = parts;
      const act = (action: string, text: string): HTMLElement => actionButton(action, user, { text, mayAct });
      const buttons = h('div', { class: 'buttons' }, act('disconnect', 'Disconnect…'), act('revoke', 'Revoke tokens…'));
      return [heading('User', user, buttons), ...(await stories(parts, { user }))];
    },
  };
}

/** The same of one connection. */
export function connectionView(connection: string): View {
  return {
    title: `Connection ${connection}`,
    tab: 'clients',
    load: async (parts: ViewParts) => [heading('Connection', connection), ...(await stories(parts, { connection }))],
  };
}

function heading(kind: string, name: string, ...children: readonly Child[]): HTMLElement {
  const title = h('h1', { class: 'title' }, h('span', { class: 'title-kind' }, kind), h('bdi', {}, name));
  return h('div', { class: 'title-row' }, title, ...children);
}

async function stories(parts: ViewParts, whom: Whom): Promise<readonly (Node | undefined)[]> {
  const answer = await find(parts, whom);
  const open = answer.connections.filter(({ closed }) => closed === undefined);
  const closed = answer.connections.filter((story) => story.closed !== undefined);
  const show = (story: Story): HTMLElement => showStory(story, parts.mayAct);
  return [
    askedNote(answer),
    cardWith(
      'Open now',
      [badge(open.length > 0 ? 'good' : 'plain', number(open.length))],
      open.length > 0 ? h('ol', { class: 'stories' }, ...open.map(show)) : empty('No connection on any gateway.'),
    ),
    cardWith(
      'Closed lately',
      [badge('plain', number(closed.length))],
      closed.length > 0 ? h('ol', { class: 'stories' }, ...closed.map(show)) : empty('None that a gateway remembers.'),
    ),
    memory(answer),
  ];
}

type Whom = { readonly user: string } | { readonly connection: string };

/** Whoever searches may have the name of a connection at hand, which looks like one of a user. */
async function find({ api }: ViewParts, whom: Whom): Promise<Answers['connections']> {
  const answer = await api.ask('connections', { ...whom, limit: SHOWN });
  if (answer.connections.length > 0 || !('user' in whom)) return answer;
  return api.ask('connections', { connection: whom.user, limit: SHOWN });
}

function memory({ forgotten, more }: Answers['connections']): HTMLElement {
  const notes = forgotten.map(({ node, until }) => `${node} has forgotten some that closed before ${clock(until)}.`);
  const rest = more ? ['There are more than are shown.'] : [];
  return hint(
    ['Gateways remember the last 2,000 closed connections each, until they stop.', ...notes, ...rest].join(' '),
  );
}

function showStory(story: Story, mayAct: boolean): HTMLElement {
  const { closed, connection } = story;
  const lasted = duration((closed?.at ?? Date.now()) - story.openedAt);
  const why = whyClosed(story);
  return h(
    'li',
    { class: 'story', 'data-key': connection, 'data-testid': closed === undefined ? 'open' : 'closed' },
    h(
      'div',
      { class: 'story-head' },
      closed === undefined ? badge('good', 'open') : badge(why?.isOver === true ? 'bad' : 'warn', 'closed'),
      closed === undefined ? h('strong', {}, `for ${lasted}`) : time(closed.at),
      h('span', { class: 'faint' }, nameLink(at.connection(connection), connection), ` on ${story.node}`),
      closed === undefined && actionButton('disconnectOne', connection, { text: 'Disconnect…', mayAct }),
    ),
    why && h('p', { class: 'why', 'data-testid': 'why' }, h('strong', {}, `${why.what}.`), ` ${why.detail}`),
    h('dl', { class: 'facts' }, ...facts(story, lasted)),
  );
}

function facts(story: Story, lasted: string): HTMLElement[] {
  const { closed, rooms, roomCount, books, bookCount, lagged, laggedMs } = story;
  const reason =
    closed && `${String(closed.code)}${closed.reason === '' ? '' : ` ${closed.reason}`}, by the ${closed.by}`;
  const still = story.heldBack ? (closed === undefined ? ', still' : ', to the end') : '';
  const held =
    lagged === 0 ? 'nothing' : `${lagged === 1 ? 'once' : `${number(lagged)} times`}, ${duration(laggedMs)}${still}`;
  const named = (names: readonly string[], count: number, link?: (name: string) => string): Child[] => {
    const links = names.flatMap((name) => [link === undefined ? h('bdi', {}, name) : nameLink(link(name), name), ' ']);
    return count === 0 ? ['none'] : [...links, count > names.length && `and ${number(count - names.length)} more`];
  };
  const pairs: [string, Child[]][] = [
    ...(reason === undefined ? [] : ([['Close', [reason]]] as [string, Child[]][])),
    ['User', [nameLink(at.user(story.user), story.user), story.isGuest && ' (guest)']],
    ['Since', [time(story.openedAt), closed !== undefined && `, for ${lasted}`]],
    ['From', [story.address]],
    ['Speaks', [`${story.encoding} at ${story.endpoint}`]],
    ['Rooms', named(rooms, roomCount, at.room)],
    ['Books', named(books, bookCount)],
    ['Held back', [held]],
    ['Unread', [bytes(story.unreadBytes)]],
    ['Last heard', [time(story.lastHeardAt)]],
  ];
  return pairs.map(([title, children]) => h('div', {}, h('dt', {}, title), h('dd', {}, ...children)));
}
