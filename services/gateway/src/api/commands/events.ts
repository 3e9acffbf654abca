import { PARTITION_COUNT } from '@outcry/broker';
import { z } from 'zod';

import { Access } from '../access.ts';
import { defineCommand } from '../api-command.ts';

export const resendEvents = defineCommand({
  summary: 'Has the dead letters among the events told again, behind what is to be told already.',
  access: Access.Act,
  params: z.strictObject({}),
  result: z.object({ resent: z.int().nonnegative().meta({ description: 'How many there were.' }) }),
  async run({ events, logger }) {
    const partitions = Array.from({ length: PARTITION_COUNT }, (_, partition) => partition);
    const counts = await Promise.all(partitions.map((partition) => events.resend(partition)));
    const resent = counts.reduce((sum, count) => sum + count, 0);
    logger.info({ resent }, 'dead letters resent');
    return { resent };
  },
});
