import { OutcryError } from '@outcry/broker';
import { z } from 'zod';

const decimalPair = z.tuple([z.string(), z.string()]);
const updateId = z.int().nonnegative();

const depthUpdate = z.object({
  s: z.string(),
  U: updateId,
  u: updateId,
  pu: updateId.optional(),
  E: z.int(),
  T: z.int().optional(),
  b: z.array(decimalPair),
  a: z.array(decimalPair),
});

const depthFrame = z.object({ stream: z.string(), data: depthUpdate });

const depthSnapshot = z.object({
  lastUpdateId: updateId,
  E: z.int().optional(),
  T: z.int().optional(),
  bids: z.array(decimalPair),
  asks: z.array(decimalPair),
});

/** `[price, size]` as the venue writes them. */
export type DecimalLevel = readonly [price: string, size: string];

/** One event of a depth stream: absolute sizes of the levels that changed with the updates `firstId` to `lastId`. */
export interface DepthUpdate {
  readonly type: 'update';
  readonly symbol: string;
  readonly firstId: number;
  readonly lastId: number;
  /** The previous event's `lastId`. Only futures say it, and their ids have holes; spot's ids are contiguous. */
  readonly previousLastId: number | undefined;
  /** Unix milliseconds: the matching engine's time where it is told, the event's otherwise. */
  readonly at: number;
  readonly bids: readonly DecimalLevel[];
  readonly asks: readonly DecimalLevel[];
}

/** The REST depth snapshot: the book after update `lastId`. */
export interface DepthSnapshot {
  readonly type: 'snapshot';
  readonly lastId: number;
  /** Unix milliseconds; spot does not tell it. */
  readonly at: number | undefined;
  readonly bids: readonly DecimalLevel[];
  readonly asks: readonly DecimalLevel[];
}

/**
 * Reads what bears on the book: a depth event of a combined stream, or a REST snapshot. Anything else is undefined, and
 * cheap: most lines of a recording are trades and book tickers.
 *
 * @throws OutcryError `badFeed` where such a frame is not as the venue documents it
 */
export function decodeDepthFrame(json: string): DepthUpdate | DepthSnapshot | undefined {
  if (json.includes('"depthUpdate"')) return toUpdate(parse(depthFrame, json).data);
  if (json.includes('"lastUpdateId"')) return toSnapshot(parse(depthSnapshot, json));
  return undefined;
}

function toUpdate(data: z.output<typeof depthUpdate>): DepthUpdate {
  return {
    type: 'update',
    symbol: data.s,
    firstId: data.U,
    lastId: data.u,
    previousLastId: data.pu,
    at: data.T ?? data.E,
    bids: data.b,
    asks: data.a,
  };
}

function toSnapshot(data: z.output<typeof depthSnapshot>): DepthSnapshot {
  return { type: 'snapshot', lastId: data.lastUpdateId, at: data.T ?? data.E, bids: data.bids, asks: data.asks };
}

function parse<T>(schema: z.ZodType<T>, json: string): T {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (err) {
    throw new OutcryError('badFeed', 'a depth frame is not JSON', { cause: err });
  }
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const where = issue === undefined || issue.path.length === 0 ? 'the frame' : issue.path.join('.');
  throw new OutcryError('badFeed', `a depth frame is malformed: ${where}: ${issue?.message ?? 'unknown'}`);
}
