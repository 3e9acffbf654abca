import { type Child, h } from '@outcry/page';

import type { Book, BookNode } from '../api/answers.ts';
import { askedNote, badge, card, empty, hint, table, time } from '../parts/pieces.ts';
import { duration, number } from '../words/figures.ts';
import type { View } from './view.ts';

/** Every book: where it comes from, how old it is, and who watches it in which depth and interval. */
export const books: View = {
  title: 'Books',
  tab: 'books',
  async load({ api }) {
    const answer = await api.ask('books');
    const { books: all } = answer;
    const shown = table<Book>({
      ...{ caption: 'Books', rows: all, testId: 'book' },
      keyOf: ({ symbol }) => symbol,
      columns: [
        { title: 'Symbol', show: ({ symbol }) => h('strong', {}, h('bdi', {}, symbol)) },
        { title: 'State', show: state },
        { title: 'Leader', show: leader },
        { title: 'Source', show: ({ sourceKind }) => sourceKind ?? 'unknown' },
        { title: 'Newest change', isFigure: true, show: age },
        { title: 'Watchers', isFigure: true, show: ({ nodes }) => number(watchersOf(nodes)) },
        { title: 'Depth / interval', show: classes },
        {
          title: 'On',
          show: ({ nodes }) => (nodes.length === 0 ? 'no gateway' : nodes.map(({ node }) => node).join(', ')),
        },
      ],
    });
    return [
      card('Books', all.length > 0 ? shown : empty('No publisher has announced a book.')),
      askedNote(answer),
      hint(
        'A gateway follows a book while somebody watches it there, and knows its age from then on. The leader is the publisher that has its lease, as host and process.',
      ),
    ];
  },
};

function state({ nodes }: Book): HTMLElement {
  if (nodes.length === 0) return badge('plain', 'not watched');
  const stale = nodes.filter(({ isStale }) => isStale);
  if (stale.length === 0) return badge('good', 'live');
  return badge('bad', stale.length === nodes.length ? 'stale' : `stale on ${stale.map(({ node }) => node).join(', ')}`);
}

/** Which publisher has it, and since when. */
function leader({ led, leader: who }: Book): Child[] {
  if (led === undefined) return [h('span', { class: 'faint' }, 'cannot be told')];
  if (who === undefined) return [badge('bad', 'nobody')];
  return [
    h('span', { class: 'address' }, h('bdi', {}, who.by ?? 'not named yet')),
    who.since === undefined ? undefined : h('span', { class: 'faint block' }, 'since ', time(who.since)),
  ];
}

function age({ nodes }: Book): string {
  const newest = Math.max(...nodes.map(({ at = -Infinity }) => at));
  return Number.isFinite(newest) ? `${duration(Math.max(0, Date.now() - newest))} ago` : '';
}

function watchersOf(nodes: readonly BookNode[]): number {
  return nodes.flatMap(({ classes: each }) => each).reduce((sum, { watchers }) => sum + watchers, 0);
}

/** Of all gateways together. */
function classes({ nodes }: Book): Child[] {
  const watchers = new Map<string, number>();
  for (const { endpoint, depth, interval, watchers: count } of nodes.flatMap(({ classes: each }) => each)) {
    const key = `${depth === 0 ? 'all' : String(depth)} / ${String(interval)} ms${endpoint === '/ws' ? '' : ' snapshots'}`;
    watchers.set(key, (watchers.get(key) ?? 0) + count);
  }
  return [...watchers].map(([key, count]) => h('span', { class: 'chip' }, `${key} × ${number(count)}`));
}
