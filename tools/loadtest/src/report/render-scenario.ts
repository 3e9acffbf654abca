import { isWhole } from '../check/faults.ts';
import type { LatencySummary } from '../measure/latency-summary.ts';
import { SCENARIO_SUMMARIES, Scenario } from '../plan/scenario.ts';
import { formatCount, formatMs, formatRate, formatShare } from './format.ts';
import { describePlan } from './describe-plan.ts';
import { html, type Html } from './html.ts';
import { renderFacts, renderTable } from './render-card.ts';
import { renderVerdict } from './render-verdict.ts';
import type { ScenarioResult } from '../result/run-result.ts';

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

function renderTiles(result: ScenarioResult): Html {
  const { plan, delivery, faults, errors, deliveriesPerSecond, counters } = result;
  const what = plan.scenario === Scenario.Feed ? 'Age on arrival' : 'Delivery';
  const errorCount = errors.reduce((sum, { count }) => sum + count, 0);
  return html`<div class="tiles">
    ${renderTile('Delivered', `${formatRate(deliveriesPerSecond)}/s`, `${formatCount(counters.delivered)} in all`)}
    ${renderTile(`${what}, p50`, formatMs(delivery.p50), `mean ${formatMs(delivery.mean)}`)}
    ${renderTile(`${what}, p99`, formatMs(delivery.p99), `p99.9 ${formatMs(delivery.p999)}, max ${formatMs(delivery.max)}`)}
    <div class="tile ${isWhole(faults) ? 'good' : 'bad'}">
      <span>Lost · repeated · inverted</span>
      <strong>${formatCount(faults.lost)} · ${formatCount(faults.repeated)} · ${formatCount(faults.inverted)}</strong>
      <small
        >${isWhole(faults) ? 'every sequence number was there, once, in order' : 'deliveries were not as promised'}</small
      >
    </div>
    <div class="tile ${errorCount === 0 ? 'good' : 'bad'}">
      <span>Errors</span><strong>${formatCount(errorCount)}</strong>
      <small>${formatCount(faults.gaps)} announced gaps</small>
    </div>
  </div>`;
}

function renderTile(label: string, value: string, note: string): Html {
  return html`<div class="tile"><span>${label}</span><strong>${value}</strong><small>${note}</small></div>`;
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
    title: 'Thresholds',
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
  const rows: readonly (readonly [string, LatencySummary])[] = [
    [plan.scenario === Scenario.Feed ? 'age on arrival' : 'delivery', delivery],
    ['delivery to slow readers', slowDelivery],
    ['acknowledgement', ack],
    ['connecting', connect],
    ['joining', join],
  ];
  return renderTable({
    title: 'Latencies',
    heads: ['', 'Count', 'p50', 'p90', 'p99', 'p99.9', 'Max'],
    rows: rows
      .filter(([, { count }]) => count > 0)
      .map(([name, { count, p50, p90, p99, p999, max }]) => [
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

function counted({ counters, generator, slowFaults }: ScenarioResult): readonly (readonly [string, string])[] {
  const { workers, processors, cpuCores, machineBusy, peakEventLoop, peakPaceLagMs } = generator;
  return [
    ['published', `${formatCount(counters.published)}, ${formatCount(counters.acknowledged)} acknowledged`],
    ['received', `${(counters.bytes / 1e6).toFixed(1)} MB`],
    ['connects, resumes', `${formatCount(counters.connects)}, ${formatCount(counters.resumes)}`],
    ['caught up on resume', `${formatCount(counters.caughtUp)} messages`],
    ['lagging, sent away as slow', `${formatCount(counters.lagging)}, ${formatCount(counters.evicted)}`],
    ['gaps told to slow readers', formatCount(slowFaults.gaps)],
    ['stale, snapshots', `${formatCount(counters.stale)}, ${formatCount(counters.snapshots)}`],
    [
      'generator',
      `${cpuCores.toFixed(2)} of ${String(processors)} processors, ${String(workers)} ${workers === 1 ? 'thread' : 'threads'}`,
    ],
    ['busiest second of a thread', formatShare(peakEventLoop)],
    ['machine under load', `${formatShare(machineBusy)} busy`],
    ['latest message, behind plan', formatMs(peakPaceLagMs)],
  ];
}
