import { readdirSync, readFileSync } from 'node:fs';

import { expect, it } from 'vitest';

import { eventually } from '../support/eventually.ts';
import { Load } from './support/load.ts';
import { ObservedCluster } from './support/observed-cluster.ts';
import { ARCHIVED_ROOM } from './support/observed-services.ts';

const FOLDER = new URL('../../deploy/observability/dashboards/', import.meta.url);
const DEADLINE_MS = 120_000;

interface PanelQuery {
  /** Dashboard and panel. */
  readonly of: string;
  readonly expr: string;
}

/** Of everything that is drawn, with all that can be chosen chosen. */
function readQueries(): readonly PanelQuery[] {
  return readdirSync(FOLDER).flatMap((file) => {
    const { panels } = JSON.parse(readFileSync(new URL(file, FOLDER), 'utf8')) as {
      panels: readonly { title: string; targets?: readonly { expr: string }[] }[];
    };
    return panels.flatMap(({ title, targets = [] }) =>
      targets.map(({ expr }) => ({ of: `${file}: ${title}`, expr: withEverything(expr) })),
    );
  });
}

function withEverything(expr: string): string {
  return expr
    .replaceAll('$__rate_interval', '10s')
    .replaceAll('"$job"', '"outcry-.+"')
    .replaceAll('"$instance"', '".+"')
    .replaceAll('"$encoding"', '".+"');
}

it('shows something in every panel of every dashboard, for a cluster under load', async () => {
  const queries = readQueries();
  expect(queries.length).toBeGreaterThan(80);
  expect(queries.filter(({ expr }) => expr.includes('$'))).toEqual([]);
  await using cluster = await ObservedCluster.start({ speed: 15, hasServices: true });
  await using load = new Load();
  for (const encoding of ['json', 'msgpack'] as const) {
    await load.publish(await cluster.connect({ encoding, user: encoding }), 'lobby');
    await load.publish(await cluster.connect({ encoding, user: `${encoding}-keeper` }), ARCHIVED_ROOM);
    await load.watch(await cluster.connect({ encoding, user: `${encoding}-watcher` }), 'BTCUSDT');
  }
  load.comeAndGo(await cluster.connect({ user: 'guest', gateway: cluster.gateways[1] }), 'hall');
  let empty: readonly PanelQuery[] = queries;
  await eventually(
    async () => {
      const answers = await Promise.all(empty.map(({ expr }) => cluster.prometheus.query(expr)));
      empty = empty.filter((_, index) => answers[index]?.length === 0);
      return empty.length === 0;
    },
    {
      deadlineMs: DEADLINE_MS,
      describe: () => `there is nothing to see in\n${empty.map(({ of, expr }) => `${of}: ${expr}`).join('\n')}`,
    },
  );
});
