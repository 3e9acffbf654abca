import {
  alignCurves,
  type AskedPanel,
  type Curve,
  type DashboardPicture,
  formatLegend,
  type GrafanaDashboard,
  type PanelPicture,
  type PanelQuery,
  rateIntervalOf,
  readPanels,
  readRows,
} from '@outcry/observability';
import type { PrometheusProcess, TimeRange } from '@outcry/testkit';

type Labels = Readonly<Record<string, string>>;

export interface AskOptions {
  readonly prometheus: PrometheusProcess;
  readonly range: TimeRange;
  readonly scrapeSeconds: number;
  readonly caption: string;
}

/** What Prometheus has for every panel of a dashboard. */
export async function askDashboard(dashboard: GrafanaDashboard, options: AskOptions): Promise<DashboardPicture> {
  const { prometheus, range, scrapeSeconds, caption } = options;
  const { fromSeconds, toSeconds, stepSeconds } = range;
  const panels = readPanels(dashboard, {
    rateInterval: rateIntervalOf({ scrapeSeconds, stepSeconds }),
    range: `${String(toSeconds - fromSeconds)}s`,
  });
  const nameOf = await nameInstances(prometheus);
  const times = timesOf(range);
  const ask = async ({ queries, ...frame }: AskedPanel): Promise<PanelPicture> => {
    const curves = await Promise.all(queries.map((query) => askQuery(query, { prometheus, range, nameOf })));
    return { ...frame, series: alignCurves(times, curves.flat()) };
  };
  return {
    ...{ title: dashboard.title, description: dashboard.description, caption, times, rows: readRows(dashboard) },
    panels: await Promise.all(panels.map(ask)),
  };
}

interface QueryContext extends Pick<AskOptions, 'prometheus' | 'range'> {
  readonly nameOf: (labels: Labels) => Labels;
}

async function askQuery(
  { expr, legend, isInstant }: PanelQuery,
  { prometheus, range, nameOf }: QueryContext,
): Promise<readonly Curve[]> {
  const { toSeconds } = range;
  const answer = isInstant
    ? (await prometheus.query(expr, toSeconds)).map(({ labels, value }) => ({
        labels,
        points: [[toSeconds, value] as const],
      }))
    : await prometheus.queryRange(expr, range);
  return answer.map(({ labels, points }) => ({ name: formatLegend(legend, nameOf(labels)), points }));
}

/** An operator's machines have names; instances get those of their jobs here, with a number. */
async function nameInstances(prometheus: PrometheusProcess): Promise<(labels: Labels) => Labels> {
  const up = (await prometheus.query('up')).map(({ labels: { job = '', instance = '' } }) => ({ job, instance }));
  const names = new Map<string, string>();
  for (const job of new Set(up.map((target) => target.job))) {
    const instances = up.filter((target) => target.job === job).map(({ instance }) => instance);
    for (const [index, instance] of instances.sort().entries()) {
      names.set(instance, `${job.replace(/^outcry-/, '')}-${String(index + 1)}`);
    }
  }
  return (labels) => {
    const name = names.get(labels['instance'] ?? '');
    return name === undefined ? labels : { ...labels, instance: name };
  };
}

function timesOf({ fromSeconds, toSeconds, stepSeconds }: TimeRange): readonly number[] {
  const count = Math.floor((toSeconds - fromSeconds) / stepSeconds) + 1;
  return Array.from({ length: count }, (_, index) => fromSeconds + index * stepSeconds);
}
