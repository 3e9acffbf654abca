import { Encoding } from '@outcry/protocol';

import { PROTOTYPE } from '../contestants/node-servers.ts';
import { createOutcry } from '../contestants/outcry.ts';
import { median, medianByRound } from '../measure/median.ts';
import { runTrial } from '../measure/trial.ts';
import { bars } from '../report/bars.ts';
import type { Report, Row } from '../report/report.ts';
import type { Experiment } from './experiment.ts';
import { judgeTrial } from './verdict.ts';

const MEMBERS = 10;
const MESSAGES_PER_SECOND = 1000;
const MAX_RATIO = 1.3;
const MICROS = 1_000_000;
/** A published message runs through more code than a relayed one, and V8 was seen to compile some of it after 16 s. */
const WARM_UP_MS = 20_000;

/** What a message costs that few get: the way in, not the way out. */
export const PUBLISH: Experiment = {
  name: 'publish',
  summary: 'CPU per published message to a room of 10, against the least that it can be',
  run: async ({ redisUrl, isQuick, rounds, progress }) => {
    const contestants = [PROTOTYPE, createOutcry({ encoding: Encoding.Msgpack })];
    const costs = new Map<string, number[]>();
    const verdicts = new Map<string, string>();
    for (let round = 1; round <= rounds; round += 1) {
      for (const contestant of contestants) {
        const result = await runTrial(contestant, {
          redisUrl,
          members: MEMBERS,
          messagesPerSecond: MESSAGES_PER_SECOND,
          payloadBytes: 150,
          isQuick,
          warmUpMs: WARM_UP_MS,
          measureMs: isQuick ? 2000 : 5000,
          publishesElsewhere: false,
        });
        const cost = (result.serverCpuSeconds * MICROS) / (result.publishedPerSecond * result.seconds);
        costs.set(contestant.name, [...(costs.get(contestant.name) ?? []), cost]);
        verdicts.set(contestant.name, judgeTrial(result, MESSAGES_PER_SECOND));
        progress(`publish, round ${String(round)}: ${contestant.label} ${cost.toFixed(0)} µs`);
      }
    }
    const references = costs.get(PROTOTYPE.name) ?? [];
    const rows = contestants.map(({ name, label }) => {
      const own = costs.get(name) ?? [];
      const ratio = medianByRound(own, references, (cost, least) => cost / least);
      return { contestant: label, cost: median(own), ratio, verdict: verdicts.get(name) };
    });
    return createReport(rows);
  },
};

function createReport(rows: readonly (Row & { ratio: number })[]): Report {
  return {
    title: `Publish: ${String(MESSAGES_PER_SECOND)} messages/s to a room of ${String(MEMBERS)}, one server process`,
    columns: [
      { key: 'contestant', title: 'contestant' },
      { key: 'cost', title: 'CPU µs/message', digits: 0 },
      { key: 'ratio', title: 'of the prototype' },
      { key: 'verdict', title: 'verdict' },
    ],
    rows,
    bounds: [
      {
        what: 'outcry: CPU per published message, of the prototype path',
        limit: MAX_RATIO,
        measured: rows[1]?.ratio,
      },
    ],
    chart: bars({
      title: 'Server CPU per message published to a room of 10',
      rows,
      value: 'cost',
      axis: 'CPU µs per message (less is better)',
    }),
  };
}
