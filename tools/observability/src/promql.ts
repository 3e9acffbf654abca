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

/**
 * How a counter moves for each value of a label, of which there are many: without those that stood still for all the time that is
 * shown. "none" where all did.
 */
export function movedBy(label: string, { counter, of }: Movement): string {
  const hasMoved = `${sum(`increase(${counter}[$__range] @ end())`, [label])} > 0`;
  return `${sum(of(counter), [label])} and ${hasMoved} or on () label_replace(vector(0), "${label}", "none", "", "")`;
}

export interface Movement {
  readonly counter: string;
  /** `rate`, or `increase`. */
  readonly of: (counter: string) => string;
}
