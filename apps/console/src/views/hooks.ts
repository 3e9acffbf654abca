import { type Child, h } from '@outcry/page';
import type { Hook } from '../api/answers.ts';
import { askedNote, badge, bar, card, empty, hint, table, time, type Tone } from '../parts/pieces.ts';
import { milliseconds, number, toneOf } from '../words/figures.ts';
import { healthChoices } from './health-choices.ts';
import type { View } from './view.ts';

const BREAKER: Readonly<Record<Hook['state'], readonly [tone: Tone, text: string]>> = {
  closed: ['good', 'asked'],
  'half-open': ['warn', 'tried again'],
  open: ['bad', 'not asked'],
};
const STATES = ['open', 'half-open', 'closed'] as const;

/** What the operator's own server is asked, and how it answers. */
export const hooks: View = {
  title: 'Hooks',
  tab: 'health',
  async load({ api }) {
    const answer = await api.ask('hooks');
    const rows = [...answer.hooks].sort(byTrouble);
    return [
      healthChoices('hooks'),
      askedNote(answer),
      card('Hooks', rows.length > 0 ? hookTable(rows) : empty('No gateway has hooks: your server is asked nothing.')),
      rows.length > 0
        ? hint(
            'Times and failures are of the last 128 questions of each gateway. While most fail, the breaker is open and nobody is asked.',
          )
        : undefined,
    ];
  },
};

/** The worst first. */
function byTrouble(a: Hook, b: Hook): number {
  return (
    STATES.indexOf(a.state) - STATES.indexOf(b.state) ||
    failedShare(b) - failedShare(a) ||
    a.hook.localeCompare(b.hook) ||
    a.node.localeCompare(b.node)
  );
}

function failedShare({ recent: { asked, failed } }: Hook): number {
  return asked === 0 ? 0 : failed / asked;
}

function hookTable(rows: readonly Hook[]): HTMLElement {
  return table<Hook>({
    ...{ caption: 'Hooks', rows, testId: 'hook' },
    keyOf: ({ node, hook }) => `${node} ${hook}`,
    columns: [
      {
        title: 'Hook',
        show: ({ hook, url }) => [
          h('strong', {}, hook),
          h('span', { class: 'faint block address' }, url.replace(/^https?:\/\//, '')),
        ],
      },
      { title: 'Gateway', show: ({ node }) => node },
      { title: 'Breaker', show: breaker },
      { title: 'Median', isFigure: true, show: ({ recent: { medianMs } }) => shownTime(medianMs) },
      { title: '95 of 100', isFigure: true, show: ({ recent: { p95Ms } }) => shownTime(p95Ms) },
      { title: 'In flight', isFigure: true, show: inFlight },
      { title: 'Failed', isFigure: true, show: failed },
      { title: 'Last failure', show: lastFailure },
    ],
  });
}

function shownTime(ms: number | undefined): string {
  return ms === undefined ? 'none yet' : milliseconds(ms);
}

function breaker({ state, since }: Hook): Child[] {
  const when = since === undefined ? undefined : h('span', { class: 'faint block' }, 'since ', time(Date.parse(since)));
  return [badge(...BREAKER[state]), when];
}

function inFlight({ inFlight: now, maxInFlight }: Hook): Child[] {
  const share = now / maxInFlight;
  return [`${number(now)} of ${number(maxInFlight)}`, bar(share, toneOf(share))];
}

function failed({ recent: { asked, failed: count } }: Hook): Child {
  if (asked === 0) return 'none asked';
  return badge(count === 0 ? 'plain' : 'warn', `${number(count)} of ${number(asked)}`);
}

function lastFailure({ lastFailure: last }: Hook): Child[] {
  if (last === undefined) return [h('span', { class: 'faint' }, 'none')];
  return [badge('plain', last.kind), ' ', time(last.at), h('span', { class: 'faint block' }, last.message)];
}
