import { addFaults, type Faults, isInSequence, isUnchanged } from '../check/faults.ts';
import { formatCount, formatMs, formatPercent, formatRate, NOTHING } from '../format.ts';
import { Scenario } from '../plan/scenario.ts';
import { CheckName } from '../verdict/judge.ts';
import { html, type Html } from './html.ts';
import type { ScenarioResult } from '../result/run-result.ts';

interface Tile {
  readonly label: string;
  readonly value: string;
  readonly note: string;
  /** Undefined where it is a figure, and no check. */
  readonly isGood?: boolean;
}

/** The figures that say how a scenario went, at a glance: what was delivered, how, to whom, and when not. */
export function renderTiles(result: ScenarioResult): Html {
  const tiles = [...figureTiles(result), orderTile(result), ...publishingTiles(result), ...presenceTiles(result)];
  return html`<div class="tiles">${tiles.map(renderTile)}</div>`;
}

function figureTiles({ plan, delivery, deliveriesPerSecond, counters }: ScenarioResult): readonly Tile[] {
  const what = plan.scenario === Scenario.Feed ? 'Age on arrival' : 'Delivery';
  return [
    {
      label: 'Delivered',
      value: deliveriesPerSecond === null ? NOTHING : `${formatRate(deliveriesPerSecond)}/s`,
      note: `${formatCount(counters.delivered)} in all`,
    },
    { label: `${what}, p50`, value: formatMs(delivery.p50), note: `mean ${formatMs(delivery.mean)}` },
    {
      label: `${what}, p99`,
      value: formatMs(delivery.p99),
      note: `p99.9 ${formatMs(delivery.p999)}, max ${formatMs(delivery.max)}`,
    },
  ];
}

function orderTile({ faults, slowFaults, counters, plan, attendance }: ScenarioResult): Tile {
  const label = 'Lost · repeated · inverted';
  if (counters.delivered === 0) return { label, value: NOTHING, note: 'nothing came', isGood: false };
  const all = addFaults(faults, slowFaults);
  const isGood = isInSequence(all) && isUnchanged(all);
  const promise = plan.scenario === Scenario.Feed ? 'frames came once, in order' : describePromise(attendance.absent);
  return {
    label,
    value: [all.lost, all.repeated, all.inverted].map(formatCount).join(' · '),
    note: isGood ? promise : describeContent(all),
    isGood,
  };
}

/** What a run has shown where it found no fault. */
function describePromise(absent: number): string {
  const what = 'what was acknowledged came once, in order, as published';
  return absent === 0 ? what : `${what}, to members who were there`;
}

function describeContent(faults: Faults): string {
  const { altered, doubled, conflicting, undelivered } = faults;
  if (isUnchanged(faults)) return 'deliveries were not as promised';
  return `${formatCount(altered)} altered, ${formatCount(doubled)} doubled, ${formatCount(conflicting)} conflicting, ${formatCount(undelivered)} undelivered`;
}

function publishingTiles(result: ScenarioResult): readonly Tile[] {
  const { publishing } = result;
  if (publishing === null) return [];
  const { due, sent, acknowledged } = publishing;
  return [
    {
      label: 'Sent and acknowledged',
      value: due === 0 ? NOTHING : formatPercent(Math.min(acknowledged, sent) / due),
      note: `${formatCount(due)} due, ${formatCount(sent)} sent, ${formatCount(acknowledged)} acknowledged`,
      isGood: holds(result, CheckName.Unsent) && holds(result, CheckName.Unacknowledged),
    },
  ];
}

function presenceTiles(result: ScenarioResult): readonly Tile[] {
  const { attendance, silence, stale, faults, errors } = result;
  const { expected, absent } = attendance;
  const errorCount = errors.reduce((sum, { count }) => sum + count, 0);
  return [
    {
      label: 'Connected at the end',
      value: expected === 0 ? NOTHING : `${formatCount(expected - absent)} of ${formatCount(expected)}`,
      note: absent === 0 ? 'all that began' : `${formatCount(absent)} are not there`,
      isGood: holds(result, CheckName.Absent),
    },
    {
      label: 'Longest silence',
      value: formatMs(silence.longestMs),
      note: `median ${formatMs(silence.medianMs)}; may be ${formatMs(silence.limitMs)}`,
      isGood: holds(result, CheckName.Silence),
    },
    ...(stale.count === 0
      ? []
      : [
          {
            label: 'Stale',
            value: formatMs(stale.longestMs),
            note: `told ${formatCount(stale.count)} times, ${formatCount(stale.lasting)} of them up to the end`,
            isGood: holds(result, CheckName.Stale),
          },
        ]),
    {
      label: 'Errors',
      value: formatCount(errorCount),
      note: `${formatCount(faults.gaps)} announced gaps`,
      isGood: holds(result, CheckName.Errors) && holds(result, CheckName.Gaps),
    },
  ];
}

function holds({ checks }: ScenarioResult, name: string): boolean {
  return checks.every((check) => check.name !== name || check.hasPassed);
}

function renderTile({ label, value, note, isGood }: Tile): Html {
  const kind = isGood === undefined ? '' : isGood ? 'good' : 'bad';
  return html`<div class="tile ${kind}"><span>${label}</span><strong>${value}</strong><small>${note}</small></div>`;
}
