import { h } from '@outcry/page';

import type { Answers, LoudConnection } from '../api/answers.ts';
import { at, badge, bar, card, empty, hint, nameLink, silentNote, table } from '../parts/pieces.ts';
import { bytes, percent, rate } from '../words/figures.ts';
import type { View } from './view.ts';

/** Who costs the most now, who reads too slowly, and what is asked for. */
export const clients: View = {
  title: 'Clients',
  tab: 'clients',
  async load({ api }) {
    const top = await api.ask('top');
    const slow = top.connections.filter(({ heldBack, unreadBytes }) => heldBack > 0 || unreadBytes > 0);
    slow.sort((a, b) => b.heldBack - a.heldBack || b.unreadBytes - a.unreadBytes);
    const isCounting = top.nodes.length === 0;
    const nothing = (text: string): HTMLElement => empty(isCounting ? 'Counting…' : text);
    return [
      card('Read too slowly', slow.length > 0 ? slowTable(slow) : nothing('Everybody reads what is sent.')),
      card('Ask the most', top.connections.length > 0 ? busyTable(top) : nothing('Nobody asks for anything.')),
      card('Requests by cost', top.commands.length > 0 ? commandTable(top) : nothing('Nothing is asked for.')),
      silentNote(isCounting ? [] : top.silent),
      hint(
        'What the last two seconds cost. For one user, their connections and why they were closed, use the search at the top.',
      ),
    ];
  },
};

function who({ user, connection, node }: LoudConnection): (HTMLElement | string)[] {
  const name = user === undefined ? '?' : nameLink(at.user(user), user);
  const place = connection === undefined ? node : nameLink(at.connection(connection), connection);
  return [name, h('span', { class: 'faint block' }, place)];
}

function keyOf({ connection, user, node }: LoudConnection): string {
  return `${node} ${connection ?? ''} ${user ?? ''}`;
}

function slowTable(rows: readonly LoudConnection[]): HTMLElement {
  return table({
    ...{ caption: 'Connections that read too slowly', rows, keyOf, testId: 'slow' },
    columns: [
      { title: 'Client', show: who },
      {
        title: 'Held back',
        isFigure: true,
        show: ({ heldBack }) => badge(heldBack > 0 ? 'warn' : 'plain', `${percent(heldBack)} of the time`),
      },
      { title: 'Unread', isFigure: true, show: ({ unreadBytes }) => bytes(unreadBytes) },
    ],
  });
}

function busyTable({ connections }: Answers['top']): HTMLElement {
  const rows = connections.filter(({ requests }) => requests > 0);
  const most = Math.max(1, ...rows.map(({ loopMs }) => loopMs));
  return table({
    ...{ caption: 'Connections that ask the most', rows, keyOf, testId: 'busy' },
    columns: [
      { title: 'Client', show: who },
      { title: 'Requests/s', isFigure: true, show: ({ requests }) => rate(requests) },
      { title: 'In/s', isFigure: true, show: ({ bytesIn }) => bytes(bytesIn) },
      { title: 'Out/s', isFigure: true, show: ({ bytesOut }) => bytes(bytesOut) },
      { title: 'Loop', isFigure: true, show: ({ loopMs }) => [`${rate(loopMs)} ms/s`, bar(loopMs / most)] },
    ],
  });
}

function commandTable({ commands }: Answers['top']): HTMLElement {
  const most = Math.max(1, ...commands.map(({ loopMs }) => loopMs));
  return table({
    ...{ caption: 'Requests by what they cost', rows: commands, testId: 'request' },
    keyOf: ({ command }) => command,
    columns: [
      { title: 'Request', show: ({ command }) => h('code', {}, command) },
      { title: 'A second', isFigure: true, show: ({ requests }) => rate(requests) },
      { title: 'Loop', isFigure: true, show: ({ loopMs }) => [`${rate(loopMs)} ms/s`, bar(loopMs / most)] },
    ],
  });
}
