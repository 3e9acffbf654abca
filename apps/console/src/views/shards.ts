import { type Child, h } from '@outcry/page';
import type { Shard, ShardNode } from '../api/answers.ts';
import { askedNote, badge, bar, card, empty, figure, hint, table, time } from '../parts/pieces.ts';
import { bytes, milliseconds, number, rate, toneOf } from '../words/figures.ts';
import { healthChoices } from './health-choices.ts';
import type { View } from './view.ts';

/** Each Redis: whether it is up and stores, how far away it is, and how full. */
export const shards: View = {
  title: 'Shards',
  tab: 'health',
  async load({ api }) {
    const answer = await api.ask('shards');
    const { shards: all } = answer;
    if (all.length === 0)
      return [
        healthChoices('shards'),
        askedNote(answer),
        card('Shards', empty('There is no Redis: everything is in the memory of one process.')),
      ];
    return [
      healthChoices('shards'),
      askedNote(answer),
      figures(all),
      card('Shards', shardTable(all)),
      hint(
        'Each gateway asks each Redis once. In use is what anybody listens to there: rooms, books and inboxes, and a few channels of the gateways’ own.',
      ),
    ];
  },
};

function figures(all: readonly Shard[]): HTMLElement {
  const up = all.filter(({ nodes }) => nodes.every((node) => node.up)).length;
  const writable = all.filter(({ nodes }) => nodes.every(({ storage }) => storage === 'writable')).length;
  const times = all.flatMap(({ nodes }) => nodes.flatMap(({ answer }) => answer?.roundTripMs ?? []));
  const tone = (count: number): 'good' | 'bad' => (count === all.length ? 'good' : 'bad');
  return h(
    'dl',
    { class: 'figures' },
    figure('Up', `${String(up)} of ${String(all.length)}`, tone(up)),
    figure('Take writes', `${String(writable)} of ${String(all.length)}`, tone(writable)),
    figure('Slowest round trip', times.length === 0 ? '?' : milliseconds(Math.max(...times))),
  );
}

function shardTable(rows: readonly Shard[]): HTMLElement {
  return table<Shard>({
    ...{ caption: 'Shards', rows, testId: 'shard' },
    keyOf: ({ shard }) => shard,
    columns: [
      { title: 'Redis', show: ({ shard, nodes }) => [h('strong', { class: 'address' }, shard), describe(nodes)] },
      { title: 'State', show: state },
      { title: 'Stores', show: storage },
      { title: 'Round trip', isFigure: true, show: roundTrip },
      {
        title: 'Partitions',
        isFigure: true,
        show: ({ nodes }) => number(Math.max(...nodes.map((one) => one.partitions))),
      },
      { title: 'Memory', isFigure: true, show: memory },
      {
        title: 'Commands/s',
        isFigure: true,
        show: (row) => shown(row, ({ commandsPerSecond }) => rate(commandsPerSecond)),
      },
      { title: 'In use', isFigure: true, show: (row) => shown(row, ({ channels }) => number(channels)) },
    ],
  });
}

type Figures = NonNullable<ShardNode['answer']>;

/** Of whoever has had an answer: they all ask the same server. */
function figuresOf(nodes: readonly ShardNode[]): Figures | undefined {
  return nodes.find(({ answer }) => answer !== undefined)?.answer;
}

function shown({ nodes }: Shard, show: (figures: Figures) => Child | Child[]): Child | Child[] {
  const known = figuresOf(nodes);
  return known === undefined ? '?' : show(known);
}

function describe(nodes: readonly ShardNode[]): HTMLElement | undefined {
  const known = figuresOf(nodes);
  if (known === undefined) return undefined;
  const { role, replicas, version } = known;
  const followers = role === 'replica' ? '' : `, ${number(replicas)} replica${replicas === 1 ? '' : 's'}`;
  return h('span', { class: 'faint block' }, `${role}${followers}, version ${version}`);
}

function state({ nodes }: Shard): Child[] {
  const down = nodes.filter(({ up }) => !up);
  const since = Math.max(...(down.length > 0 ? down : nodes).map((one) => Date.parse(one.since ?? '')));
  const when = Number.isFinite(since) ? h('span', { class: 'faint block' }, 'since ', time(since)) : undefined;
  return [down.length === 0 ? badge('good', 'up') : badge('bad', `down${onSome(down, nodes)}`), when];
}

function storage({ nodes }: Shard): Child[] {
  const refused = nodes.filter((one) => one.storage !== 'writable');
  const [first] = refused;
  if (first === undefined) return [badge('good', 'writable')];
  const words = first.storage === 'full' ? 'full' : 'read-only';
  return [badge('bad', `${words}${onSome(refused, nodes)}`), h('span', { class: 'faint block' }, first.reason ?? '')];
}

/** The slowest one, and who has had no answer at all. */
function roundTrip({ nodes }: Shard): Child[] {
  const answered = nodes.flatMap(({ node, answer }) =>
    answer === undefined ? [] : [{ node, ms: answer.roundTripMs }],
  );
  answered.sort((a, b) => b.ms - a.ms);
  const [slowest] = answered;
  const silent = nodes.filter(({ answer }) => answer === undefined);
  return [
    slowest && milliseconds(slowest.ms),
    slowest && h('span', { class: 'faint block' }, slowest.node),
    silent.length > 0 && badge('bad', `no answer${onSome(silent, nodes)}`),
  ];
}

function memory(row: Shard): Child | Child[] {
  return shown(row, ({ usedMemoryBytes, maxMemoryBytes, evictionPolicy }) => {
    const forgets = evictionPolicy.startsWith('allkeys') && badge('bad', evictionPolicy);
    if (maxMemoryBytes === 0) return [bytes(usedMemoryBytes), forgets];
    const share = usedMemoryBytes / maxMemoryBytes;
    return [`${bytes(usedMemoryBytes)} of ${bytes(maxMemoryBytes)}`, bar(share, toneOf(share)), forgets];
  });
}

function onSome(some: readonly ShardNode[], all: readonly ShardNode[]): string {
  return some.length === all.length ? '' : ` on ${some.map(({ node }) => node).join(', ')}`;
}
