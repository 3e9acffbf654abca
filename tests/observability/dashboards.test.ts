import { readPanels } from '@outcry/observability';
import { expect, it } from 'vitest';

import { eventually } from '../support/eventually.ts';
import { readDashboardFiles } from './support/dashboard-files.ts';
import { EverydayCluster } from './support/everyday.ts';

const DEADLINE_MS = 120_000;
/** Of scrapes each second, on a machine that has other things to do. */
const SPANS = { rateInterval: '10s', range: '1m' };

interface PanelQuery {
  /** Dashboard and panel. */
  readonly of: string;
  readonly expr: string;
}

/** Of everything that is drawn, with all that can be chosen chosen. */
function readQueries(): readonly PanelQuery[] {
  return readDashboardFiles().flatMap(({ name, dashboard }) =>
    readPanels(dashboard, SPANS).flatMap(({ title, queries }) =>
      queries.map(({ expr }) => ({ of: `${name}: ${title}`, expr })),
    ),
  );
}

it('shows something in every panel of every dashboard, for a cluster under load', async () => {
  const queries = readQueries();
  expect(queries.length).toBeGreaterThan(80);
  await using everyday = await EverydayCluster.start();
  const { prometheus } = everyday.cluster;
  let empty: readonly PanelQuery[] = queries;
  await eventually(
    async () => {
      const answers = await Promise.all(empty.map(({ expr }) => prometheus.query(expr)));
      // Of a histogram in which nothing happens a quantile is NaN: Grafana draws nothing.
      empty = empty.filter((_, index) => answers[index]?.some(({ value }) => Number.isFinite(value)) !== true);
      return empty.length === 0;
    },
    {
      deadlineMs: DEADLINE_MS,
      describe: () => `there is nothing to see in\n${empty.map(({ of, expr }) => `${of}: ${expr}`).join('\n')}`,
    },
  );
});
