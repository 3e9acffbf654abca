import { z } from 'zod';

import type { ArchiveMetrics } from '../observability/archive-metrics.ts';
import type { RoomArchive } from './room-archive.ts';

const count = z.int().nonnegative();

/** What one gateway has to do with the archive. */
export const archiveStory = z.object({
  archived: z
    .array(z.string())
    .meta({ description: 'The patterns of the rules whose rooms are archived; `*` and `@*` are the defaults.' }),
  lost: count.meta({
    description:
      'Messages that were let go of before they were archived, as too many waited, since the gateway started.',
  }),
  reading: z
    .object({
      ok: z.boolean(),
      reason: z.string().optional(),
      since: z.string().optional().meta({ description: 'ISO 8601: since when it can be read, or cannot.' }),
      pages: count.meta({ description: 'That were asked for, since the gateway started.' }),
      faults: count.meta({ description: 'Of them in vain.' }),
      meanMs: z.number().nonnegative().optional().meta({ description: 'What a page took; absent before the first.' }),
      searches: count,
    })
    .optional()
    .meta({ description: 'Absent where it reads no archive: `OUTCRY_ARCHIVE_URL`.' }),
});

export type ArchiveStory = z.output<typeof archiveStory>;

export interface ArchiveParts {
  readonly archive: Pick<RoomArchive, 'notReady'> | undefined;
  readonly archived: readonly string[];
  readonly lost: number;
  readonly metrics: Pick<ArchiveMetrics, 'reads' | 'faults' | 'seconds' | 'searches'>;
  /** Of the check of the archive. */
  readonly since: string | undefined;
}

const MS_PER_SECOND = 1000;

export async function tellArchive({ archive, archived, lost, metrics, since }: ArchiveParts): Promise<ArchiveStory> {
  const story = { archived: [...archived], lost };
  if (archive === undefined) return story;
  const [pages, faults, searches, { values }] = await Promise.all([
    total(metrics.reads),
    total(metrics.faults),
    total(metrics.searches),
    metrics.seconds.get(),
  ]);
  const figure = (suffix: string): number =>
    values.find(({ metricName = '' }) => metricName.endsWith(suffix))?.value ?? 0;
  const [taken, answered] = [figure('_sum'), figure('_count')];
  const reason = archive.notReady();
  return {
    ...story,
    reading: {
      ok: reason === undefined,
      ...(reason === undefined ? {} : { reason }),
      ...(since === undefined ? {} : { since }),
      ...{ pages, faults, searches },
      ...(answered === 0 ? {} : { meanMs: (taken / answered) * MS_PER_SECOND }),
    },
  };
}

interface Counted {
  get(): Promise<{ readonly values: readonly { readonly value: number }[] }>;
}

/** Whatever its labels are. */
async function total(counter: Counted): Promise<number> {
  const { values } = await counter.get();
  return values.reduce((sum, { value }) => sum + value, 0);
}
