import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

import type { Speaker } from '../support/speaker.ts';
import { ARCHIVED } from '../support/speaker.ts';
import { type Cluster, inCluster, metricOf } from './cluster.ts';
import { atLeast, atMost, quantile, type Row, told } from './row.ts';
import { Talkers } from './talkers.ts';
import { until } from './until.ts';

const ROOMS = 500;
const AT_ONCE = 2000;
const DEADLINE_MS = 600_000;
const ROWS_PER_CORE_SECOND = 20_000;
const LAG_BAR_MS = 1000;
const P99 = 0.99;
/** Of the kernel, in which it counts a process's time: `getconf CLK_TCK`, the same on every Linux. */
const TICKS_PER_SECOND = 100;
/** So that a transaction tells when it was committed. */
const SETTINGS = { track_commit_timestamp: 'on' };

export interface PaceOptions {
  /** Messages that are there when the archive begins. */
  readonly backlog: number;
  readonly rate: number;
  readonly seconds: number;
}

/** What the archive's process costs for each row, and how far behind live traffic it is. */
export async function keepPace(options: PaceOptions): Promise<readonly Row[]> {
  return [...(await measureRows(options)), ...(await measureLag(options))];
}

function measureRows({ backlog }: PaceOptions): Promise<readonly Row[]> {
  return inCluster({ archives: 1 }, async (cluster) => {
    const speaker = await cluster.startSpeaker();
    try {
      await cluster.archives.splice(0, 1)[0]?.process.stop();
      await speak(speaker, backlog);
      const archive = await cluster.startArchive();
      cluster.archives.push(archive);
      const began = processSeconds(archive.process.pid);
      const startedAt = performance.now();
      const rows = (): Promise<number> => metricOf(archive, 'outcry_archive_rows_total');
      await until(async () => (await rows()) >= backlog, { what: 'all is archived', deadlineMs: DEADLINE_MS });
      const [cpu, seconds] = [processSeconds(archive.process.pid) - began, (performance.now() - startedAt) / 1000];
      const found = backlog / cpu;
      return [
        told(
          `pace: ${String(backlog)} messages in ${String(ROOMS)} rooms, archived at once`,
          `in ${seconds.toFixed(1)} s, ${(backlog / seconds).toFixed(0)} rows/s`,
        ),
        atLeast('… rows for each second of a core, of the archive’s process', {
          bar: ROWS_PER_CORE_SECOND,
          found,
          unit: 'rows',
        }),
      ];
    } finally {
      await speaker[Symbol.asyncDispose]();
    }
  });
}

async function speak(speaker: Speaker, messages: number): Promise<void> {
  const retention = { ...ARCHIVED, unarchivedBytes: 2 ** 28 };
  for (let n = 0; n < messages; n += AT_ONCE) {
    await Promise.all(
      Array.from({ length: Math.min(AT_ONCE, messages - n) }, (_, i) =>
        speaker.say(
          `room-${String((n + i) % ROOMS)}`,
          { n: n + i, text: 'what people say is about so long' },
          retention,
        ),
      ),
    );
  }
}

function measureLag({ rate, seconds }: PaceOptions): Promise<readonly Row[]> {
  return inCluster({ gateways: 1, archives: 1, settings: SETTINGS }, async (cluster) => {
    const talkers = new Talkers({ rooms: ROOMS, rate, urls: () => cluster.urls });
    try {
      talkers.start();
      await delay(seconds * 1000);
      await talkers.stop();
      await cluster.untilArchived(talkers.rooms, DEADLINE_MS);
      const lags = await readLags(cluster);
      const found = quantile(lags, P99);
      return [
        told(
          `pace: ${String(rate)} messages/s wanted, for ${String(seconds)} s`,
          `${talkers.rate.toFixed(0)} messages/s`,
        ),
        atMost('… p99 from its number to the commit of its row', { bar: LAG_BAR_MS, found, unit: 'ms' }),
        told('… the median', `${quantile(lags, 0.5).toFixed(0)} ms`),
      ];
    } finally {
      talkers.end();
    }
  });
}

/** Of each row, in milliseconds. */
async function readLags(cluster: Cluster): Promise<readonly number[]> {
  const owner = await cluster.database.connect();
  const { rows } = await owner.query<{ readonly lag: number }>(
    'SELECT (extract(epoch FROM pg_xact_commit_timestamp(xmin) - sent_at) * 1000)::float8 AS lag FROM outcry.messages',
  );
  return rows.map(({ lag }) => lag);
}

/** Of processors, in the program and in the kernel for it. */
function processSeconds(pid: number): number {
  const fields =
    readFileSync(`/proc/${String(pid)}/stat`, 'utf8')
      .split(') ')[1]
      ?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}
