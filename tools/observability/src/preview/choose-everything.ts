import type { GrafanaDashboard } from './grafana-dashboard.ts';

/** What Grafana knows of time when it asks, as Prometheus writes durations. */
export interface Spans {
  /** `$__rate_interval` */
  readonly rateInterval: string;
  /** `$__range`: all that is shown. */
  readonly range: string;
}

const VARIABLE = /\$(?:\{(?<braced>\w+)\}|(?<plain>\w+))/g;

/** Puts in place of variables what Grafana does where everything is chosen. What it returns throws where a variable is not the dashboard's. */
export function chooseEverything(
  { title, templating }: Pick<GrafanaDashboard, 'title' | 'templating'>,
  { rateInterval, range }: Spans,
): (expr: string) => string {
  const values = new Map([
    ['__rate_interval', rateInterval],
    ['__range', range],
  ]);
  for (const { name, allValue } of templating.list) if (allValue !== undefined) values.set(name, allValue);
  return (expr) =>
    expr.replaceAll(VARIABLE, (variable: string, braced: string | undefined, plain: string | undefined) => {
      const value = values.get(braced ?? plain ?? '');
      if (value === undefined) throw new Error(`${title}: nothing is known of ${variable}, in ${expr}`);
      return value;
    });
}

/** How far back Grafana has a rate look: far enough for two scrapes, and for all between two points. */
export function rateIntervalOf({
  scrapeSeconds,
  stepSeconds,
}: {
  readonly scrapeSeconds: number;
  readonly stepSeconds: number;
}): string {
  return `${String(Math.max(stepSeconds + scrapeSeconds, 4 * scrapeSeconds))}s`;
}
