import { type Child, h } from '@outcry/page';
import type { ArchiveNode, ArchivePart } from '../api/answers.ts';
import { askedNote, badge, card, empty, figure, hint, table, time } from '../parts/pieces.ts';
import { duration, milliseconds, number } from '../words/figures.ts';
import { healthChoices } from './health-choices.ts';
import type { View } from './view.ts';

/** What is kept for good: who archives it, how far behind they are, and whether it can be read. */
export const archive: View = {
  title: 'Archive',
  tab: 'health',
  async load({ api }) {
    const answer = await api.ask('archive');
    const { nodes, parts, itself } = answer;
    const archivers = parts === undefined ? [] : archiversOf(parts);
    const isUsed = archivers.length > 0 || nodes.some(({ archived, reading }) => archived.length > 0 || reading);
    if (!isUsed)
      return [
        healthChoices('archive'),
        askedNote(answer),
        card('Archive', empty('No room is archived, nobody archives, and no gateway reads an archive.')),
      ];
    return [
      healthChoices('archive'),
      askedNote(answer),
      parts === undefined ? undefined : figures(parts),
      card(
        'Who archives',
        itself === true ? empty('This process, by itself: there is no Redis.') : whoArchives(parts, archivers),
      ),
      card('On the gateways', nodeTable(nodes)),
      hint(
        'Figures of archivers are of the time since each took its parts, and a second old at most; those of gateways since each started.',
      ),
    ];
  },
};

interface ArchiverRow {
  readonly by: string;
  readonly parts: number;
  readonly since: number;
  readonly waiting: number;
  readonly lagMs: number;
  readonly stored: number;
  readonly gaps: number;
}

/** All that one process has, together. */
function archiversOf(parts: readonly ArchivePart[]): readonly ArchiverRow[] {
  const rows = new Map<string, ArchiverRow>();
  for (const { archiver } of parts) {
    if (archiver === undefined) continue;
    const { by = 'not named yet', since = Infinity, waiting = 0, lagMs = 0, stored = 0, gaps = 0 } = archiver;
    const known = rows.get(by) ?? { by, parts: 0, since: Infinity, waiting: 0, lagMs: 0, stored: 0, gaps: 0 };
    rows.set(by, {
      by,
      parts: known.parts + 1,
      since: Math.min(known.since, since),
      waiting: known.waiting + waiting,
      lagMs: Math.max(known.lagMs, lagMs),
      stored: known.stored + stored,
      gaps: known.gaps + gaps,
    });
  }
  return [...rows.values()].sort((a, b) => a.by.localeCompare(b.by));
}

function figures(parts: readonly ArchivePart[]): HTMLElement {
  const held = parts.filter(({ archived }) => archived).length;
  const sum = (name: 'waiting' | 'gaps'): number =>
    parts.reduce((total, { archiver }) => total + (archiver?.[name] ?? 0), 0);
  return h(
    'dl',
    { class: 'figures' },
    figure('Parts archived', `${String(held)} of ${String(parts.length)}`, held === parts.length ? 'good' : 'bad'),
    figure('Messages waiting', number(sum('waiting'))),
    figure('Gaps', number(sum('gaps')), sum('gaps') === 0 ? 'plain' : 'warn'),
  );
}

function whoArchives(parts: readonly ArchivePart[] | undefined, rows: readonly ArchiverRow[]): HTMLElement {
  if (parts === undefined) return empty('It cannot be told: the gateway may not look at leases in Redis.');
  if (rows.length === 0) return empty('Nobody: what is said waits in Redis, up to the bound of each room.');
  return table<ArchiverRow>({
    ...{ caption: 'Who archives', rows, testId: 'archiver' },
    keyOf: ({ by }) => by,
    columns: [
      { title: 'Archiver', show: ({ by }) => h('strong', { class: 'address' }, h('bdi', {}, by)) },
      { title: 'Since', show: ({ since }) => (Number.isFinite(since) ? time(since) : '') },
      { title: 'Parts', isFigure: true, show: (row) => number(row.parts) },
      { title: 'Waiting', isFigure: true, show: ({ waiting }) => number(waiting) },
      { title: 'Behind', isFigure: true, show: ({ lagMs }) => duration(lagMs) },
      { title: 'Written', isFigure: true, show: ({ stored }) => number(stored) },
      { title: 'Gaps', isFigure: true, show: ({ gaps }) => (gaps === 0 ? '0' : badge('warn', number(gaps))) },
    ],
  });
}

function nodeTable(rows: readonly ArchiveNode[]): HTMLElement {
  return table<ArchiveNode>({
    ...{ caption: 'The archive, as gateways see it', rows, testId: 'reader' },
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
