/** What is chosen at the top of a dashboard. */
const CHOSEN = 'job=~"$job", instance=~"$instance"';
/** As long as Grafana needs for a rate at the resolution that it draws. */
const WINDOW = '$__rate_interval';

/** A metric of the chosen processes; `more` are further matchers. */
export function chosen(metric: string, more?: string): string {
  return `${metric}{${more === undefined ? CHOSEN : `${CHOSEN}, ${more}`}}`;
}

/** The same with the chosen encodings, of metrics that have the label. */
export function encoded(metric: string): string {
  return chosen(metric, 'encoding=~"$encoding"');
}

/** The same of gateways alone, of metrics that all processes have. */
export function ofGateways(metric: string): string {
  return chosen(metric, 'job=~".*gateway.*"');
}

/** The highest of many: more than ten curves say nothing. */
export function highest(what: string): string {
  return `topk(10, ${what})`;
}

/** Without what is 0, of a label that has many values of which few ever count: "none" where there is nothing else. */
export function aboveZero(what: string, label: string): string {
  return `${what} > 0 or label_replace(vector(0), "${label}", "none", "", "")`;
}

/** A sum, by labels or of all. */
export function sum(what: string, by: readonly string[] = []): string {
  return by.length === 0 ? `sum(${what})` : `sum by (${by.join(', ')}) (${what})`;
}

/** How much a counter rises in a second. */
export function rate(counter: string): string {
  return `rate(${counter}[${WINDOW}])`;
}

/** How much a counter has risen within what one point of the picture stands for. */
export function increase(counter: string): string {
  return `increase(${counter}[${WINDOW}])`;
}

/** How much a counter has risen within all the time that is shown: what happened once is seen for as long as somebody looks back to it. */
export function risen(counter: string): string {
  return `increase(${counter}[$__range])`;
}

/** A quantile of a histogram in seconds: of a classic one, or of a native one where Prometheus scrapes such. */
export function quantile(share: number, histogram: string, by: readonly string[] = []): string {
  const classic = sum(rate(chosen(`${histogram}_bucket`)), ['le', ...by]);
  const native = sum(rate(chosen(histogram)), by);
  return `histogram_quantile(${String(share)}, ${classic}) or histogram_quantile(${String(share)}, ${native})`;
}
