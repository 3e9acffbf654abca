import { parseArgs } from 'node:util';

import { stayAway } from './away.ts';
import { wakeFrozen } from './frozen.ts';
import { surviveKills } from './kills.ts';
import { keepPace } from './pace.ts';
import { readPages } from './pages.ts';
import { rebuild } from './rebuild.ts';
import { fillMoveAndRestore } from './restore.ts';
import { resumeAll } from './resume.ts';
import type { Row } from './row.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    long: { type: 'boolean', default: false },
    rate: { type: 'string' },
    rooms: { type: 'string', default: '500' },
    seconds: { type: 'string' },
    rows: { type: 'string' },
  },
});

/** A whole number of an option, or what stands for it where it was not given. */
function numberOf(
  name: 'rate' | 'rooms' | 'seconds' | 'rows',
  { short, long }: { short: number; long: number },
): number {
  const text = values[name];
  if (text === undefined) return values.long ? long : short;
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new TypeError(`--${name}: expected a whole number from 1 to 999999999`);
  return Number(text);
}

const rooms = numberOf('rooms', { short: 500, long: 500 });
const SCENARIOS: Readonly<Record<string, () => Promise<readonly Row[]>>> = {
  kills: () =>
    surviveKills({
      rooms,
      rate: numberOf('rate', { short: 2000, long: 5000 }),
      seconds: numberOf('seconds', { short: 80, long: 600 }),
      secondsBetweenKills: values.long ? 20 : 10,
    }),
  resume: () => resumeAll({ clients: 1000, messages: numberOf('rows', { short: 2000, long: 5000 }), gateways: 2 }),
  away: () =>
    stayAway({
      rooms,
      rate: numberOf('rate', { short: 1000, long: 1000 }),
      seconds: numberOf('seconds', { short: 30, long: 600 }),
      secondsBefore: 10,
    }),
  restore: () =>
    fillMoveAndRestore({
      rooms: Math.min(rooms, 100),
      rate: numberOf('rate', { short: 300, long: 1000 }),
      seconds: numberOf('seconds', { short: 8, long: 60 }),
    }),
  rebuild: () =>
    rebuild({
      rooms: Math.min(rooms, 100),
      rate: numberOf('rate', { short: 300, long: 1000 }),
      seconds: numberOf('seconds', { short: 8, long: 60 }),
    }),
  pace: () =>
    keepPace({
      backlog: numberOf('rows', { short: 200_000, long: 1_000_000 }),
      rate: numberOf('rate', { short: 5000, long: 5000 }),
      seconds: numberOf('seconds', { short: 20, long: 120 }),
    }),
  pages: () => readPages({ messages: numberOf('rows', { short: 1_000_000, long: 100_000_000 }) }),
  frozen: () =>
    wakeFrozen({ times: 20, rooms: Math.min(rooms, 64), rate: numberOf('rate', { short: 500, long: 1000 }) }),
};

/**
 * `npm run test:archive`: what the archive promises, with real processes, in a table. Exits 1 where a bar is missed.
 *
 *     npm run test:archive -- [scenario…] [--long] [--rate=<messages/s>] [--rooms=<n>] [--seconds=<n>] [--rows=<n>]
 */
const names = positionals.length === 0 ? Object.keys(SCENARIOS) : positionals;
const rows: Row[] = [];
for (const name of names) {
  const scenario = SCENARIOS[name];
  if (scenario === undefined) throw new TypeError(`${name}: expected ${Object.keys(SCENARIOS).join(', ')}`);
  rows.push(...(await scenario()));
}
console.table(Object.fromEntries(rows.map(({ what, ...row }) => [what, row])));
process.exitCode = rows.every(({ holds }) => holds) ? 0 : 1;
