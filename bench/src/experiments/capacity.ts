import { runTrial, type TrialResult } from '../measure/trial.ts';
import { bars } from '../report/bars.ts';
import type { Contestant } from '../contestants/contestant.ts';
import type { Row } from '../report/report.ts';
import type { Experiment, ExperimentContext } from './experiment.ts';
import { judgeTrial, MAX_P99_MS, refusalOf } from './verdict.ts';

const MEMBERS = 300;
const RATES = [250, 500, 1000, 2000, 3000, 4000, 6000, 8000, 12_000];

/** How much one room can take: the rate goes up until not everything arrives in time. */
export const CAPACITY: Experiment = {
  name: 'capacity',
  summary: `the highest rate of a room of ${String(MEMBERS)} with p99 under ${String(MAX_P99_MS)} ms`,
  run: async (context) => {
    const rows: Row[] = [];
    for (const contestant of context.contestants) rows.push(await climb(contestant, context));
    return {
      title: `Capacity: ${String(MEMBERS)} members, the highest of ${RATES.join(', ')} messages/s that all arrive with p99 under ${String(MAX_P99_MS)} ms`,
      columns: [
        { key: 'contestant', title: 'contestant' },
        { key: 'rate', title: 'messages/s', digits: 0 },
        { key: 'p99', title: 'p99 ms there', digits: 1 },
        { key: 'end', title: 'ended by' },
      ],
      rows,
      bounds: [],
      chart: bars({
        title: `Highest rate to a room of ${String(MEMBERS)} with p99 under ${String(MAX_P99_MS)} ms`,
        rows,
        value: 'rate',
        axis: 'messages/s (more is better)',
      }),
    };
  },
};

async function climb(contestant: Contestant, { redisUrl, isQuick, progress }: ExperimentContext): Promise<Row> {
  let best: { rate: number; p99: number } | undefined;
  let end = 'the last rate was reached';
  for (const rate of RATES) {
    const result = await runTrial(contestant, {
      redisUrl,
      members: MEMBERS,
      messagesPerSecond: rate,
      payloadBytes: 150,
      isQuick,
      measureMs: isQuick ? 1000 : 2500,
      publishesElsewhere: true,
    });
    const failure = failureOf(result, rate);
    progress(
      `capacity: ${contestant.label} ${String(rate)}/s: ${failure ?? `p99 ${result.latency.p99.toFixed(1)} ms`}`,
    );
    if (failure !== undefined) {
      end = `${String(rate)}/s: ${failure}`;
      break;
    }
    best = { rate, p99: result.latency.p99 };
  }
  return { contestant: contestant.label, ...best, end };
}

/** Why the rate is too much. A refused run says nothing about the server, and ends the climb as well. */
function failureOf(result: TrialResult, rate: number): string | undefined {
  const verdict = judgeTrial(result, rate);
  if (refusalOf(result) !== undefined || verdict !== 'all arrived') return verdict;
  return result.latency.p99 > MAX_P99_MS ? `p99 ${result.latency.p99.toFixed(0)} ms` : undefined;
}
