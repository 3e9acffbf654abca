import { type Child, h } from '@outcry/page';

import type { Check, NodeHealth } from '../api/answers.ts';
import { askedNote, badge, card, hint, table, time } from '../parts/pieces.ts';
import { healthChoices } from './health-choices.ts';
import type { View } from './view.ts';

/** What each group of checks is about, in this order; whatever a gateway checks besides comes last. */
const GROUPS: readonly (readonly [title: string, names: readonly string[]])[] = [
  ['Shards and storage', ['broker', 'shard', 'storage']],
  ['Hooks', ['hook']],
  ['Archive', ['archive']],
  ['Gateway', ['draining', 'keys', 'transport']],
  ['Process', ['eventLoop', 'memory', 'descriptors']],
];

interface Row {
  readonly name: string;
  readonly part: string | undefined;
  readonly checks: readonly { readonly node: string; readonly check: Check }[];
}

/** Every check of every gateway. */
export const health: View = {
  title: 'Health',
  tab: 'health',
  async load({ api }) {
    const answer = await api.ask('health');
    const { nodes } = answer;
    const rows = rowsOf(nodes);
    const known = new Set(GROUPS.flatMap(([, names]) => names));
    const others = ['Others', [...new Set(rows.map(({ name }) => name))].filter((name) => !known.has(name))] as const;
    return [
      healthChoices('checks'),
      askedNote(answer),
      ...[...GROUPS, others].map(([title, names]) =>
        group(
          title,
          rows.filter(({ name }) => names.includes(name)),
        ),
      ),
      hint('Each gateway looks at its checks once a second. A check that is not set up, such as hooks, is not listed.'),
    ];
  },
};

function rowsOf(nodes: readonly NodeHealth[]): readonly Row[] {
  const rows = new Map<string, Row>();
  for (const { node, checks } of nodes) {
    for (const check of checks) {
      const key = `${check.name} ${check.part ?? ''}`;
      const known = rows.get(key)?.checks ?? [];
      rows.set(key, { name: check.name, part: check.part, checks: [...known, { node, check }] });
    }
  }
  return [...rows.values()];
}

function group(title: string, rows: readonly Row[]): HTMLElement | undefined {
  if (rows.length === 0) return undefined;
  return card(
    title,
    table<Row>({
      ...{ caption: title, rows, testId: 'check', isEven: true },
      keyOf: ({ name, part }) => `${name} ${part ?? ''}`,
      columns: [
        { title: 'Check', show: ({ name, part }) => [h('strong', {}, name), part !== undefined && ` ${part}`] },
        { title: 'State', show: state },
        { title: 'Why', show: why },
      ],
    }),
  );
}

function state({ checks }: Row): HTMLElement {
  const failing = checks.filter(({ check }) => !check.ok);
  if (failing.length === 0) return badge('good', 'ok');
  const isBlocking = failing.some(({ check }) => check.blocking === true);
  return badge(
    isBlocking ? 'bad' : 'warn',
    failing.length === checks.length ? 'fails' : `fails on ${String(failing.length)} of ${String(checks.length)}`,
  );
}

function why({ checks }: Row): Child[] {
  const failing = checks.filter(({ check }) => !check.ok);
  if (failing.length === 0)
    return [
      h('span', { class: 'faint' }, 'since ', time(Math.max(...checks.map(({ check }) => Date.parse(check.since))))),
    ];
  return failing.map(({ node, check }) =>
    h(
      'span',
      { class: 'block' },
      h('strong', {}, node),
      ` ${check.reason ?? ''} since `,
      time(Date.parse(check.since)),
    ),
  );
}
