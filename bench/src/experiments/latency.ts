import { median, medianByRound } from '../measure/median.ts';
import { runTrial, type TrialResult } from '../measure/trial.ts';
import { bars } from '../report/bars.ts';
import type { Report, Row } from '../report/report.ts';
import type { Experiment } from './experiment.ts';

const MEMBERS = 100;
const MESSAGES_PER_SECOND = 10;
const MAX_ADDED_MS = 0.6;
const REFERENCE = 'bare-uws';
const PROMISED = 'outcry-msgpack';

/** How long a message takes where there is nothing to do: what the way through Redis adds. */
export const LATENCY: Experiment = {
  name: 'latency',
  summary: 'latency at 10 messages/s: what the way through Redis adds',
  run: async ({ contestants, redisUrl, isQuick, rounds, progress }) => {
    const trials = new Map<string, TrialResult[]>();
    for (let round = 1; round <= rounds; round += 1) {
      for (const contestant of contestants) {
        const result = await runTrial(contestant, {
          redisUrl,
          members: MEMBERS,
          messagesPerSecond: MESSAGES_PER_SECOND,
          payloadBytes: 150,
          isQuick,
          measureMs: isQuick ? 3000 : 8000,
          publishesElsewhere: false,
        });
        trials.set(contestant.name, [...(trials.get(contestant.name) ?? []), result]);
        progress(`latency, round ${String(round)}: ${contestant.label} ${result.latency.p50.toFixed(2)} ms`);
      }
    }
    const mediansOf = (name: string): number[] => (trials.get(name) ?? []).map(({ latency }) => latency.p50);
    const references = mediansOf(REFERENCE);
    return createReport(
      contestants.map(({ name, label }) => ({
        name,
        contestant: label,
        ...summarize(trials.get(name) ?? []),
        added:
          references.length === 0 ? undefined : medianByRound(mediansOf(name), references, (own, least) => own - least),
      })),
    );
  },
};

function summarize(results: readonly TrialResult[]): Record<'p50' | 'p99', number> {
  return {
    p50: median(results.map(({ latency }) => latency.p50)),
    p99: median(results.map(({ latency }) => latency.p99)),
  };
}

function createReport(rows: readonly (Row & { name: string; added: number | undefined })[]): Report {
  return {
    title: `Latency: ${String(MEMBERS)} members, ${String(MESSAGES_PER_SECOND)} messages/s, one server process`,
    columns: [
      { key: 'contestant', title: 'contestant' },
      { key: 'p50', title: 'p50 ms' },
      { key: 'added', title: 'added to bare uWS, ms' },
      { key: 'p99', title: 'p99 ms' },
    ],
    rows,
    bounds: [
      {
        what: 'outcry: median latency added to bare uWebSockets.js, ms',
        limit: MAX_ADDED_MS,
        measured: rows.find(({ name }) => name === PROMISED)?.added,
      },
    ],
    chart: bars({
      title: `Median latency at ${String(MESSAGES_PER_SECOND)} messages/s`,
      rows,
      value: 'p50',
      axis: 'ms (less is better)',
    }),
  };
}
