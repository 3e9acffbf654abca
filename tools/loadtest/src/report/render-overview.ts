import { Scenario } from '../plan/scenario.ts';
import { formatCount, formatMs, formatRate, NOTHING } from '../format.ts';
import { html, type Html } from './html.ts';
import { renderVerdict } from './render-verdict.ts';
import type { RunResult, ScenarioResult } from '../result/run-result.ts';

/** The head of the report: what was run where, and how it went. */
export function renderOverview(result: RunResult, mark: Html): Html {
  const { machine, scenarios } = result;
  const urls = scenarios[0]?.plan.urls ?? [];
  return html`<header>
    <div class="title">
      <span class="mark">${mark}</span>
      <h1>outcry <span>load test</span></h1>
      ${renderVerdict(
        result.hasPassed,
        scenarios.some(({ wasInterrupted }) => wasInterrupted),
      )}
      <time datetime="${result.startedAt}">${result.startedAt.replace('T', ' ').slice(0, 16)} UTC</time>
    </div>
    <code class="command">${result.command}</code>
    <dl class="facts">
      <div>
        <dt>Targets</dt>
        <dd>${urls.map((url) => html`<span class="chip">${url}</span>`)}</dd>
      </div>
      <div>
        <dt>Generator</dt>
        <dd>
          ${String(machine.processors)} × ${machine.processor}, ${String(machine.memoryGiB)} GiB, ${machine.system},
          Node ${machine.node}
        </dd>
      </div>
    </dl>
    ${scenarios.length > 1 ? renderTable(scenarios) : undefined}
  </header>`;
}

function renderTable(scenarios: readonly ScenarioResult[]): Html {
  return html`<div class="scroll">
    <table class="overview">
      <thead>
        <tr>
          <th>Scenario</th>
          <th>Connections</th>
          <th>Delivered</th>
          <th>Per second</th>
          <th>p50</th>
          <th>p99</th>
          <th>Lost</th>
          <th>Repeated</th>
          <th>Inverted</th>
          <th>Not as published</th>
          <th>At the end</th>
          <th>Silence</th>
          <th>Errors</th>
          <th></th>
        </tr>
      </thead>
      <tbody>
        ${scenarios.map(renderRow)}
      </tbody>
    </table>
  </div>`;
}

function renderRow(result: ScenarioResult): Html {
  const { plan, counters, deliveriesPerSecond, delivery, faults, errors, attendance, silence } = result;
  const { scenario } = plan;
  const count = (value: number): Html => html`<td class="${value > 0 ? 'bad' : ''}">${formatCount(value)}</td>`;
  const fault = (value: number): Html =>
    counters.delivered === 0 && value === 0 ? html`<td>${NOTHING}</td>` : count(value);
  const age =
    scenario === Scenario.Feed ? html` title="age on arrival: includes the interval of the class"` : undefined;
  return html`<tr>
    <th scope="row"><a href="#${scenario}">${scenario}</a></th>
    <td>${formatCount(plan.connections)}</td>
    <td>${formatCount(counters.delivered)}</td>
    <td>${formatRate(deliveriesPerSecond)}</td>
    <td${age}>${formatMs(delivery.p50)}</td>
    <td${age}>${formatMs(delivery.p99)}</td>
    ${fault(faults.lost)}${fault(faults.repeated)}${fault(faults.inverted)}
    ${fault(faults.altered + faults.doubled + faults.conflicting + faults.undelivered)}
    <td class="${attendance.absent > 0 ? 'bad' : ''}">
      ${formatCount(attendance.expected - attendance.absent)} of ${formatCount(attendance.expected)}
    </td>
    <td class="${silence.past > 0 ? 'bad' : ''}">${formatMs(silence.longestMs)}</td>
    ${count(errors.reduce((sum, error) => sum + error.count, 0))}
    <td>${renderVerdict(result.hasPassed, result.wasInterrupted)}</td>
  </tr>`;
}
