import { h } from '@outcry/page';

import { Refusal } from '../api/api.ts';
import type { Answers, Check, NodeHealth, NodeReport } from '../api/answers.ts';
import { actionButton, askedNote, badge, bar, card, cardWith, empty, figure, table, time } from '../parts/pieces.ts';
import { bytes, duration, number, percent, toneOf } from '../words/figures.ts';
import type { View, ViewParts } from './view.ts';

/** Gateways with their load and their state, and what is wrong anywhere. */
export const overview: View = {
  title: 'Overview',
  tab: 'overview',
  async load({ api, mayAct }: ViewParts) {
    // While Redis is away nobody has the list of gateways, and one knows what is wrong.
    const [listed, health, top] = await Promise.all([
      orRefusal(api.ask('nodes')),
      api.ask('health'),
      orRefusal(api.ask('top')),
    ]);
    if (listed instanceof Refusal) {
      return [problems(health.nodes), askedNote(health), note(`The gateways cannot be listed: ${listed.message}`)];
    }
    const { nodes } = listed;
    const gateways = nodes.map((report) => ({
      report,
      health: health.nodes.find(({ node }) => node === report.node),
      busy: top instanceof Refusal ? undefined : top.nodes.find(({ node }) => node === report.node)?.busy,
    }));
    return [
      figures(nodes, health),
      problems(health.nodes),
      askedNote(health),
      cardWith(
        'Gateways',
        [
          actionButton('announce', '', { text: 'Announce…', mayAct }),
          actionButton('rebalance', '', { text: 'Rebalance…', mayAct }),
        ],
        nodeTable(gateways, mayAct),
      ),
    ];
  },
};

/** The others are shown without it. Who may not ask at all is told by the page. */
async function orRefusal<A>(asked: Promise<A>): Promise<A | Refusal> {
  try {
    return await asked;
  } catch (err) {
    if (err instanceof Refusal && err.code === 'unavailable') return err;
    throw err;
  }
}

function note(text: string): HTMLElement {
  return h('p', { class: 'note note-bad', 'data-testid': 'unlisted' }, text);
}

interface Gateway {
  readonly report: NodeReport;
  readonly health: NodeHealth | undefined;
  readonly busy: number | undefined;
}

function figures(nodes: readonly NodeReport[], { nodes: healths }: Answers['health']): HTMLElement {
  const ready = nodes.filter(({ isReady }) => isReady).length;
  const connections = nodes.reduce((sum, node) => sum + node.connections, 0);
  const wrong = healths.flatMap(({ checks }) => checks.filter(({ ok }) => !ok)).length;
  return h(
    'dl',
    { class: 'figures' },
    figure('Gateways ready', `${String(ready)} of ${String(nodes.length)}`, ready === nodes.length ? 'good' : 'bad'),
    figure('Connections', number(connections)),
    figure('Checks that fail', number(wrong), wrong === 0 ? 'good' : 'warn'),
  );
}

interface Problem {
  readonly node: string;
  readonly check: Check;
}

function problems(healths: readonly NodeHealth[]): HTMLElement {
  const all = healths.flatMap(({ node, checks }) =>
    checks.filter(({ ok }) => !ok).map((check): Problem => ({ node, check })),
  );
  if (all.length === 0)
    return card('What is wrong', empty('Nothing: every check of every gateway is as it should be.'));
  return card(
    'What is wrong',
    table({
      ...{ caption: 'Checks that fail', rows: all, testId: 'problem' },
      keyOf: ({ node, check }) => `${node} ${check.name} ${check.part ?? ''}`,
      columns: [
        { title: 'Gateway', show: ({ node }) => node },
        {
          title: 'Check',
          show: ({ check }) => [
            badge(
              check.blocking === true ? 'bad' : 'warn',
              check.part === undefined ? check.name : `${check.name} ${check.part}`,
            ),
          ],
        },
        { title: 'Why', show: ({ check }) => check.reason ?? '' },
        { title: 'Since', show: ({ check }) => time(Date.parse(check.since)) },
      ],
    }),
  );
}

function nodeTable(gateways: readonly Gateway[], mayAct: boolean): HTMLElement {
  const most = Math.max(1, ...gateways.map(({ report }) => report.connections));
  return table<Gateway>({
    ...{ caption: 'Gateways', rows: gateways, testId: 'node' },
    keyOf: ({ report }) => report.node,
    columns: [
      { title: 'Gateway', show: ({ report }) => h('strong', {}, report.node) },
      { title: 'State', show: state },
      {
        title: 'Connections',
        isFigure: true,
        show: ({ report }) => [number(report.connections), bar(report.connections / most)],
      },
      { title: 'Rooms', isFigure: true, show: ({ report }) => number(report.rooms) },
      {
        title: 'Busy',
        isFigure: true,
        show: ({ busy }) => (busy === undefined ? '…' : [percent(busy), bar(busy, toneOf(busy))]),
      },
      { title: 'Memory', isFigure: true, show: memory },
      {
        title: 'Up for',
        isFigure: true,
        show: ({ health, report }) =>
          health === undefined ? time(report.startedAt) : duration(health.uptimeSeconds * 1000),
      },
      { title: 'Version', show: ({ health }) => health?.version ?? '?' },
      {
        title: 'Action',
        show: ({ report, health }) =>
          isDraining(health)
            ? actionButton('undrain', report.node, { text: 'Put back…', mayAct })
            : actionButton('drain', report.node, { text: 'Drain…', mayAct }),
      },
    ],
  });
}

function isDraining(health: NodeHealth | undefined): boolean {
  return health?.checks.some(({ name, ok }) => name === 'draining' && !ok) ?? false;
}

function state({ report, health }: Gateway): HTMLElement {
  if (isDraining(health)) return badge('warn', report.connections === 0 ? 'drained' : 'draining');
  if (!report.isReady) return badge('bad', health?.summary ?? 'not ready');
  return health?.status === 'limited' ? badge('warn', 'limited') : badge('good', 'ready');
}

function memory({ health }: Gateway): HTMLElement | string | (HTMLElement | string)[] {
  const { residentBytes, maxResidentBytes } = health?.process ?? {};
  if (typeof residentBytes !== 'number' || typeof maxResidentBytes !== 'number') return '?';
  const share = residentBytes / maxResidentBytes;
  return [bytes(residentBytes), bar(share, toneOf(share))];
}
