import type { LatencySummary } from '../measure/latency-summary.ts';
import { SCENARIO_SUMMARIES, Scenario } from '../plan/scenario.ts';
import { formatCount, formatMs, formatShare, NOTHING } from '../format.ts';
import { describePlan } from './describe-plan.ts';
import { html, type Html } from './html.ts';
import { renderFacts, renderTable } from './render-card.ts';
import { renderTiles } from './render-tiles.ts';
import { renderVerdict } from './render-verdict.ts';
import type { GeneratorResult, ScenarioResult } from '../result/run-result.ts';

type Fact = readonly [name: string, value: string];

/** One scenario: the figures that matter, how they came about over time, and everything else in tables. */
export function renderScenario(result: ScenarioResult): Html {
  const { plan, warnings } = result;
  return html`<section id="${plan.scenario}" data-scenario="${plan.scenario}">
    <div class="heading">
      <h2>${plan.scenario}</h2>
      <p>${SCENARIO_SUMMARIES[plan.scenario]}</p>
      ${renderVerdict(result.hasPassed, result.wasInterrupted)}
    </div>
    ${renderTiles(result)} ${warnings.map((warning) => html`<p class="warning">${warning}</p>`)} ${renderCharts(result)}
    <div class="tables">
      ${renderChecks(result)} ${renderLatencies(result)} ${renderTargets(result)} ${renderErrors(result)}
      ${renderFacts('Load', describePlan(plan))} ${renderFacts('What else was counted', counted(result))}
    </div>
  </section>`;
}

function renderCharts({ plan }: ScenarioResult): Html {
  const latency = plan.scenario === Scenario.Feed ? 'Age on arrival' : 'Delivery latency';
  const figure = (chart: string, caption: string): Html =>
    html`<figure>
      <figcaption>${caption}</figcaption>
      <div class="chart" data-chart="${chart}"></div>
    </figure>`;
  return html`<div class="charts">
    ${figure('latency', `${latency}, ms`)} ${figure('throughput', 'Deliveries per second')}
    ${figure('percentiles', `${latency} by percentile, ms`)}
    ${figure('generator', 'Connections, and how busy the generator was')}
  </div>`;
}

function renderChecks({ checks }: ScenarioResult): Html {
  return renderTable({
    title: 'Checks',
    heads: ['', 'Check', 'Expected', 'Was'],
    hasWords: true,
    rows: checks.map(({ name, limit, actual, hasPassed }) => [
      html`<span class="${hasPassed ? 'tick' : 'cross'}">${hasPassed ? '✓' : '✗'}</span>`,
      name,
      limit,
      actual,
    ]),
  });
}

function renderLatencies({ plan, delivery, slowDelivery, ack, connect, join }: ScenarioResult): Html {
  const isFeed = plan.scenario === Scenario.Feed;
  const rows: readonly (readonly [string, LatencySummary])[] = [
    [isFeed ? 'age on arrival' : 'delivery', delivery],
    ...(plan.scenario === Scenario.Slow ? [['delivery to slow readers', slowDelivery] as const] : []),
    ...(isFeed ? [] : [['acknowledgement', ack] as const]),
    ['connecting', connect],
    ...(isFeed ? [] : [['joining', join] as const]),
  ];
  return renderTable({
    title: 'Latencies',
    heads: ['', 'Count', 'p50', 'p90', 'p99', 'p99.9', 'Max'],
    rows: rows.map(([name, { count, p50, p90, p99, p999, max }]) => [
      name,
      formatCount(count),
      ...[p50, p90, p99, p999, max].map(formatMs),
    ]),
  });
}

function renderTargets({ targets }: ScenarioResult): Html {
  return renderTable({
    title: 'Targets',
    heads: ['', 'Delivered', 'p50', 'p99', 'p99.9', 'Max'],
    rows: targets.map(({ url, delivered, delivery: { p50, p99, p999, max } }) => [
      url,
      formatCount(delivered),
      ...[p50, p99, p999, max].map(formatMs),
    ]),
  });
}

function renderErrors({ errors }: ScenarioResult): Html | undefined {
  if (errors.length === 0) return undefined;
  return renderTable({
    title: 'Errors',
    heads: ['', 'Count'],
    hasWords: true,
    rows: errors.map(({ what, count }) => [what, formatCount(count)]),
  });
}

function counted({ counters, generator, slowFaults, silence, stale, plan }: ScenarioResult): readonly Fact[] {
  return [
    ...(plan.scenario === Scenario.Feed
      ? []
      : ([
          ['published', `${formatCount(counters.published)}, ${formatCount(counters.acknowledged)} acknowledged`],
          ['published again under its key', `${formatCount(counters.repeats)} times`],
          ['due and not sent', formatCount(counters.due - counters.published)],
        ] as const)),
    ['longest silence, median of all', formatMs(silence.medianMs)],
    ['received', `${(counters.bytes / 1e6).toFixed(1)} MB`],
    ['connects, resumes', `${formatCount(counters.connects)}, ${formatCount(counters.resumes)}`],
    ['caught up on resume', `${formatCount(counters.caughtUp)} messages`],
    ['lagging, sent away as slow', `${formatCount(counters.lagging)}, ${formatCount(counters.evicted)}`],
    ['gaps told to slow readers', formatCount(slowFaults.gaps)],
    ['stale, snapshots', `${formatCount(stale.count)}, ${formatCount(counters.snapshots)}`],
    ...describeGenerator(generator),
  ];
}

function describeGenerator(generator: GeneratorResult): readonly Fact[] {
  const { workers, processors, cpuCores, machineBusy, peakEventLoop, peakPaceLagMs } = generator;
  const cores = cpuCores === null ? NOTHING : cpuCores.toFixed(2);
  return [
    [
      'generator',
      `${cores} of ${String(processors)} processors, ${String(workers)} ${workers === 1 ? 'thread' : 'threads'}`,
    ],
    ['busiest second of a thread', formatShare(peakEventLoop)],
    ['machine under load', machineBusy === null ? NOTHING : `${formatShare(machineBusy)} busy`],
    ['latest message, behind plan', formatMs(peakPaceLagMs)],
  ];
}
