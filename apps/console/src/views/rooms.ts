import { h } from '@outcry/page';

import type { ListedRoom } from '../api/answers.ts';
import { at, bar, cardWith, empty, hint, nameLink, silentNote, table } from '../parts/pieces.ts';
import { bytes, number, rate } from '../words/figures.ts';
import type { View, ViewParts } from './view.ts';

const ORDERS = [
  ['now', 'Loudest now'],
  ['members', 'Most members'],
  ['bytes', 'Most stored'],
] as const;
type Order = (typeof ORDERS)[number][0];

const LISTED = 50;

/** Rooms by what they do now, by who is in them, or by what they take in Redis. */
export function roomsView(params: URLSearchParams): View {
  const order = ORDERS.find(([name]) => name === params.get('by'))?.[0] ?? 'now';
  return {
    title: 'Rooms',
    tab: 'rooms',
    isOnce: order !== 'now',
    load: (parts) => (order === 'now' ? loadLoud(parts) : loadLargest(parts, order)),
  };
}

function orders(chosen: Order): HTMLElement {
  const links = ORDERS.map(([name, text]) =>
    h(
      'a',
      { href: at.roomsBy(name), 'aria-current': name === chosen ? 'true' : undefined, 'data-testid': `by-${name}` },
      text,
    ),
  );
  return h('nav', { class: 'choices', 'aria-label': 'Order of the rooms' }, ...links);
}

async function loadLoud({ api }: ViewParts): Promise<readonly (Node | undefined)[]> {
  const { rooms, silent, nodes } = await api.ask('top');
  const most = Math.max(1, ...rooms.map((room) => room.loopMs));
  const isCounting = nodes.length === 0;
  const shown = table({
    ...{ caption: 'Rooms by what they cost now', rows: rooms, testId: 'room' },
    keyOf: ({ room }) => room,
    columns: [
      { title: 'Room', show: ({ room }) => nameLink(at.room(room), room) },
      { title: 'Messages/s', isFigure: true, show: ({ messages }) => rate(messages) },
      { title: 'Sent/s', isFigure: true, show: ({ bytes: sent }) => bytes(sent) },
      { title: 'Loop', isFigure: true, show: ({ loopMs }) => [`${rate(loopMs)} ms/s`, bar(loopMs / most)] },
    ],
  });
  return [
    cardWith(
      'Rooms',
      [orders('now')],
      rooms.length > 0 ? shown : empty(isCounting ? 'Counting…' : 'Nothing is said in any room at the moment.'),
    ),
    silentNote(isCounting ? [] : silent),
    hint('What the last two seconds cost, all gateways together. They count while somebody looks.'),
  ];
}

async function loadLargest({ api }: ViewParts, by: 'members' | 'bytes'): Promise<readonly (Node | undefined)[]> {
  const { count, rooms, beyond } = await api.ask('rooms', { by, limit: LISTED });
  const sizeOf = ({ members = 0, stored }: ListedRoom): number => (by === 'members' ? members : (stored?.bytes ?? 0));
  const most = Math.max(1, ...rooms.map(sizeOf));
  const barOf = (room: ListedRoom, figure: string, isOrder: boolean): (string | HTMLElement)[] =>
    isOrder ? [figure, bar(sizeOf(room) / most)] : [figure];
  const shown = table<ListedRoom>({
    ...{ caption: 'The largest rooms', rows: rooms, testId: 'room' },
    keyOf: ({ room }) => room,
    columns: [
      { title: 'Room', show: ({ room }) => nameLink(at.room(room), room) },
      {
        title: 'Members',
        isFigure: true,
        show: (room) => barOf(room, room.members === undefined ? 'not kept' : number(room.members), by === 'members'),
      },
      { title: 'Messages', isFigure: true, show: ({ stored }) => number(stored?.messages ?? 0) },
      { title: 'Stored', isFigure: true, show: (room) => barOf(room, bytes(room.stored?.bytes ?? 0), by === 'bytes') },
    ],
  });
  const left = beyond === undefined ? '' : ` ${number(beyond)} more were not looked at.`;
  return [
    cardWith('Rooms', [orders(by)], rooms.length > 0 ? shown : empty('Nobody is in any room.')),
    hint(
      `The first ${number(rooms.length)} of ${number(count)} rooms that somebody is in.${left} Stored bytes are an estimate; this list is not renewed by itself.`,
    ),
  ];
}
