import { z } from 'zod';

const count = z.int().nonnegative();

/** How a book is on one gateway, and who watches it there. */
export const bookStory = z.object({
  symbol: z.string(),
  isStale: z.boolean(),
  epoch: z.string().optional().meta({ description: 'Absent, like what follows, where the book is not known yet.' }),
  seq: count.optional(),
  at: z.int().optional().meta({ description: 'Unix milliseconds, at the publisher, of the newest change.' }),
  venueAt: z.int().optional().meta({ description: 'The same at the venue.' }),
  classes: z.array(
    z.object({
      endpoint: z.enum(['/ws', '/orderbookfeed']),
      depth: count,
      interval: count,
      watchers: count,
    }),
  ),
});

export type BookStory = z.output<typeof bookStory>;
