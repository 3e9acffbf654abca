import { type Child, h } from '@outcry/page';
import type { ArchiveNode } from '../api/answers.ts';
import { askedNote, badge, card, empty, hint, table, time } from '../parts/pieces.ts';
import { milliseconds, number } from '../words/figures.ts';
import { healthChoices } from './health-choices.ts';
import type { View } from './view.ts';

/** What is kept for good, and whether it can be read. */
export const archive: View = {
  title: 'Archive',
  tab: 'health',
  async load({ api }) {
    const answer = await api.ask('archive');
    const { nodes } = answer;
    const isUsed = nodes.some(({ archived, reading }) => archived.length > 0 || reading !== undefined);
    return [
      healthChoices('archive'),
      askedNote(answer),
      card('Archive', isUsed ? nodeTable(nodes) : empty('No room is archived, and no gateway reads an archive.')),
      isUsed
        ? hint(
            'What gateways know, since each started. How far archivers are behind, and which gaps there are, is in their own metrics: outcry_archive_lag_messages, outcry_archive_gaps_total.',
          )
        : undefined,
    ];
  },
};

function nodeTable(rows: readonly ArchiveNode[]): HTMLElement {
  return table<ArchiveNode>({
    ...{ caption: 'The archive, by gateway', rows, testId: 'reader' },
    keyOf: ({ node }) => node,
    columns: [
      { title: 'Gateway', show: ({ node }) => h('strong', {}, node) },
      { title: 'Archived rooms', show: patterns },
      { title: 'Reads it', show: reads },
      { title: 'Pages', isFigure: true, show: ({ reading }) => number(reading?.pages ?? 0) },
      { title: 'In vain', isFigure: true, show: ({ reading }) => number(reading?.faults ?? 0) },
      {
        title: 'A page takes',
        isFigure: true,
        show: ({ reading }) => (reading?.meanMs === undefined ? 'none yet' : milliseconds(reading.meanMs)),
      },
      { title: 'Searches', isFigure: true, show: ({ reading }) => number(reading?.searches ?? 0) },
      { title: 'Lost before', isFigure: true, show: lost },
    ],
  });
}

function patterns({ archived }: ArchiveNode): Child[] {
  if (archived.length === 0) return [h('span', { class: 'faint' }, 'none')];
  return archived.map((pattern) => h('span', { class: 'chip' }, h('bdi', {}, pattern)));
}

function reads({ reading }: ArchiveNode): Child[] {
  if (reading === undefined) return [badge('plain', 'not set up')];
  const { ok, since, pages } = reading;
  if (ok && pages === 0) return [badge('plain', 'not asked yet')];
  return [
    ok ? badge('good', 'can be read') : badge('bad', 'cannot be read'),
    since === undefined ? undefined : h('span', { class: 'faint block' }, 'since ', time(Date.parse(since))),
  ];
}

/** Messages that Redis let go of before an archiver had them. */
function lost({ lost: count }: ArchiveNode): Child {
  return count === 0 ? '0' : badge('bad', number(count));
}
