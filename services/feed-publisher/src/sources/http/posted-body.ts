import { type Level, parseScaled, ScaledNumberError, type ScaledNumberErrorCode } from '@outcry/order-book';
import { SourceKind } from '@outcry/protocol';
import { formatPath } from '@outcry/service';
import { z } from 'zod';

import type { Scales } from '../book-source.ts';
import { MAX_SCALE } from '../check-instrument.ts';
import { IngestError, type IngestErrorCode } from './ingest-error.ts';

/** Deltas of one request. More can be sent at once, in another. */
export const MAX_DELTAS_PER_REQUEST = 1000;

const position = z.int().nonnegative();
const scale = z.int().min(0).max(MAX_SCALE);
const levels = z.array(z.tuple([z.string(), z.string()]));

const snapshotBody = z.strictObject({
  seq: position,
  at: position.optional(),
  priceScale: scale.optional(),
  sizeScale: scale.optional(),
  kind: z.enum(Object.values(SourceKind)).optional(),
  bids: levels,
  asks: levels,
});

const deltasBody = z.strictObject({
  deltas: z
    .array(
      z.strictObject({
        seq: position,
        prev: position.optional(),
        at: position.optional(),
        bids: levels.default([]),
        asks: levels.default([]),
      }),
    )
    .max(MAX_DELTAS_PER_REQUEST),
});

export type PostedSnapshot = z.output<typeof snapshotBody>;
export type PostedDelta = z.output<typeof deltasBody>['deltas'][number];
type PostedLevels = z.output<typeof levels>;

/** @throws IngestError `malformed`, `malformedLevel` */
export function decodeSnapshot(body: unknown): PostedSnapshot {
  return decode(snapshotBody, body);
}

/** @throws IngestError `malformed`, `malformedLevel` */
export function decodeDeltas(body: unknown): readonly PostedDelta[] {
  return decode(deltasBody, body).deltas;
}

/**
 * Levels as integers. No step goes through a fraction.
 *
 * @param path Where the levels stand in the body.
 * @throws IngestError `malformedLevel`, `tooPrecise`, `tooLarge`, with the place of the number
 */
export function toLevels(posted: PostedLevels, { priceScale, sizeScale }: Scales, path: string): Level[] {
  return posted.map(([price, size], i) => [
    toInteger(price, priceScale, `${path}[${String(i)}][0]`),
    toInteger(size, sizeScale, `${path}[${String(i)}][1]`),
  ]);
}

const CODES: Readonly<Record<ScaledNumberErrorCode, IngestErrorCode>> = {
  malformed: 'malformedLevel',
  tooPrecise: 'tooPrecise',
  tooLarge: 'tooLarge',
};

function toInteger(text: string, scale: number, path: string): number {
  let value: number;
  try {
    value = parseScaled(text, scale);
  } catch (err) {
    if (!(err instanceof ScaledNumberError)) throw err;
    throw new IngestError(CODES[err.code], err.message, { path });
  }
  if (value < 0) throw new IngestError('malformedLevel', `${text} is negative`, { path });
  return value;
}

function decode<T>(schema: z.ZodType<T>, body: unknown): T {
  const result = schema.safeParse(body);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const path = formatPath(issue?.path ?? []);
  const isLevel = /\b(bids|asks)\[/.test(path);
  const message = isLevel ? 'a level is a price and a size, both as decimal strings' : (issue?.message ?? 'malformed');
  throw new IngestError(isLevel ? 'malformedLevel' : 'malformed', message, path === '' ? {} : { path });
}
