import { z } from 'zod';

/** What rooms and books are ranked by. All of it a second. */
export const STREAM_MEASURES = ['messages', 'bytes', 'loopMs'] as const;
export type StreamMeasure = (typeof STREAM_MEASURES)[number];

/** What connections are ranked by. */
export const CONNECTION_MEASURES = ['requests', 'loopMs', 'bytesIn', 'bytesOut', 'unreadBytes', 'heldBack'] as const;
export type ConnectionMeasure = (typeof CONNECTION_MEASURES)[number];

/** So many that are first by each measure are named. */
export const MAX_NAMED = 10;

const figure = z.number().nonnegative();

export const streamFigures = {
  messages: figure.meta({ description: 'Frames that were fanned out, each counted once on each gateway.' }),
  bytes: figure.meta({ description: 'Handed to the transport, each recipient counted.' }),
  loopMs: figure.meta({
    description: 'Of the event loop: what fan-out took, and an estimate of 5 µs for each recipient of a frame.',
  }),
};

export const connectionFigures = {
  requests: figure,
  loopMs: figure.meta({ description: 'Of the event loop, from the arrival of a request to the first wait.' }),
  bytesIn: figure,
  bytesOut: figure.meta({ description: 'Of what was for it alone: answers, its past, snapshots of slow readers.' }),
  unreadBytes: figure.meta({ description: 'What waited for it to read, on average.' }),
  heldBack: figure.meta({
    description: 'The part of the time in which rooms or books were held back from it: 0 to 1.',
  }),
};

export const commandRow = z.object({
  command: z.string().meta({ description: "The frame's type." }),
  requests: figure,
  loopMs: figure.meta({ description: 'Of the event loop, from the arrival of a request to the first wait.' }),
});

const missedOfStreams = z.object({ messages: figure, bytes: figure, loopMs: figure });
export const missed = z.object({
  rooms: missedOfStreams,
  books: missedOfStreams,
  connections: z.object({
    ...{ requests: figure, loopMs: figure, bytesIn: figure },
    ...{ bytesOut: figure, unreadBytes: figure, heldBack: figure },
  }),
});

export const nodeFigures = {
  windowMs: figure.meta({ description: 'What the figures are of.' }),
  busy: figure.meta({ description: 'The part of the time in which its event loop was not idle: 0 to 1.' }),
};

export const roomRow = z.object({ room: z.string(), ...streamFigures });
export const bookRow = z.object({
  book: z.string().meta({ description: 'Symbol, depth and interval.', examples: ['BTCUSDT/25/250'] }),
  ...streamFigures,
});
export const connectionRow = z.object({
  connection: z.string().optional().meta({ description: 'Absent where it has no session, as of `/orderbookfeed`.' }),
  user: z.string().optional(),
  ...connectionFigures,
});

/** What was loud on one gateway for a while. */
export const sample = z.object({
  ...nodeFigures,
  rooms: z.array(roomRow),
  books: z.array(bookRow),
  connections: z.array(connectionRow),
  commands: z.array(commandRow),
  missed,
});

export type Sample = z.output<typeof sample>;
export type ConnectionRow = z.output<typeof connectionRow>;
export type Missed = z.output<typeof missed>;

/** Those that are among the first by any of the measures; the first of them is the one that costs the most time. */
export function loudest<M extends string, R extends Readonly<Record<M | 'loopMs', number>>>(
  rows: readonly R[],
  measures: readonly M[],
): R[] {
  const named = new Set<R>();
  for (const measure of measures) {
    const loud = rows.filter((row) => row[measure] > 0).sort((a, b) => b[measure] - a[measure]);
    for (const row of loud.slice(0, MAX_NAMED)) named.add(row);
  }
  return [...named].sort((a, b) => b.loopMs - a.loopMs);
}
