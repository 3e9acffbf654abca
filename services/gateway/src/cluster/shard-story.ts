import type { ServerReport } from '@outcry/broker';
import { z } from 'zod';

const count = z.int().nonnegative();

/** What the server says of itself, where it has answered in time. */
export const shardFigures = z.object({
  roundTripMs: z.number().nonnegative().meta({ description: 'From the gateway to the server and back.' }),
  version: z.string(),
  role: z.enum(['primary', 'replica']),
  replicas: count,
  usedMemoryBytes: count,
  maxMemoryBytes: count.meta({ description: '0: as much as there is.' }),
  evictionPolicy: z.string(),
  clients: count,
  commandsPerSecond: count,
  channels: count.meta({
    description: 'That anybody listens to there: rooms, books and inboxes in use, and a few of the gateways’ own.',
  }),
});

/** One Redis, as one gateway sees it. */
export const shardStory = z.object({
  shard: z.string(),
  up: z.boolean().meta({ description: 'Live delivery from it is whole.' }),
  since: z.string().optional().meta({ description: 'ISO 8601: since when it is, or is not.' }),
  partitions: count.meta({ description: 'Of 64, among which rooms and books are divided.' }),
  storage: z.enum(['writable', 'full', 'readOnly']),
  reason: z.string().optional().meta({ description: 'Why messages cannot be stored there.' }),
  answer: shardFigures.optional().meta({ description: 'Absent where it has not answered within half a second.' }),
});

export type ShardStory = z.output<typeof shardStory>;

/** As `/status` has it. */
interface ShardCheck {
  readonly name: string;
  readonly part?: string | undefined;
  readonly ok: boolean;
  readonly since: string;
}

/** @param checks what is said of each since when */
export function tellShard(report: ServerReport, checks: readonly ShardCheck[]): ShardStory {
  const { shard, partitions, isUp, storage, answer } = report;
  const check = checks.find(({ name, part }) => name === 'shard' && part === shard);
  return {
    shard,
    up: check?.ok ?? isUp,
    ...(check === undefined ? {} : { since: check.since }),
    partitions: partitions.length,
    storage: storage.state,
    ...('reason' in storage ? { reason: storage.reason } : {}),
    ...(answer === undefined ? {} : { answer: { roundTripMs: answer.roundTripMs, ...answer.figures } }),
  };
}
