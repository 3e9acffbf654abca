import { runMemoryTrial } from '../measure/memory-trial.ts';
import { bars } from '../report/bars.ts';
import type { Row } from '../report/report.ts';
import type { Experiment } from './experiment.ts';

const CONNECTIONS = 10_000;
const QUICK_CONNECTIONS = 2000;
const MAX_KIB = 3;
/** V8 collects garbage of its own accord once a process has been idle for a while: seen between 12 and 28 seconds. */
const SETTLE_MS = 35_000;
const KIB = 1024;

/** What a connection costs that only waits. */
export const MEMORY: Experiment = {
  name: 'memory',
  summary: 'resident memory per idle connection that has joined a room',
  run: async ({ contestants, redisUrl, isQuick, progress }) => {
    const connections = isQuick ? QUICK_CONNECTIONS : CONNECTIONS;
    const rows: Row[] = [];
    for (const contestant of contestants) {
      const { baseBytes, bytesPerConnection } = await runMemoryTrial(contestant, {
        redisUrl,
        connections,
        settleMs: isQuick ? 3000 : SETTLE_MS,
      });
      const kib = bytesPerConnection / KIB;
      rows.push({ name: contestant.name, contestant: contestant.label, kib, baseMib: baseBytes / KIB / KIB });
      progress(`memory: ${contestant.label} ${kib.toFixed(2)} KiB`);
    }
    const promised = rows.find(({ name }) => name === 'outcry-msgpack')?.['kib'];
    return {
      title: `Memory: ${String(connections)} idle connections in one room`,
      columns: [
        { key: 'contestant', title: 'contestant' },
        { key: 'kib', title: 'KiB per connection' },
        { key: 'baseMib', title: 'MiB without any', digits: 0 },
      ],
      rows,
      bounds: [
        {
          what: 'outcry: KiB of resident memory per connection',
          limit: MAX_KIB,
          measured: typeof promised === 'number' ? promised : undefined,
        },
      ],
      chart: bars({
        title: `Resident memory per idle connection (${String(connections)} in one room)`,
        rows,
        value: 'kib',
        axis: 'KiB (less is better)',
      }),
    };
  },
};
