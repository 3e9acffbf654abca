import { CLOSE_CODES, type CloseCode, RequestError } from '@outcry/protocol';

import type { Meters } from '../limits/meters.ts';
import type { GatewayMetrics } from '../observability/metrics.ts';

export interface RateParts {
  readonly meters: Pick<Meters, 'joins' | 'signals' | 'answers' | 'calls'>;
  readonly metrics: Pick<GatewayMetrics, 'rateLimited'>;
}

/** @throws RequestError where signals come too fast: they have a limit of their own, and no more than an error follows from it */
export function checkSignalRate(client: object, parts: RateParts): void {
  const verdict = parts.meters.signals.take(client, performance.now());
  if (verdict !== 'pass') refuse('signals', parts);
}

/** @throws RequestError where joins come too fast, and who does not heed it is closed */
export function checkJoinRate(client: { close(closeCode: CloseCode): void }, parts: RateParts): void {
  const verdict = parts.meters.joins.take(client, performance.now());
  if (verdict === 'giveUp') client.close(CLOSE_CODES.rateLimited);
  if (verdict !== 'pass') refuse('joins', parts);
}

/** @throws RequestError where calls come too fast, and who does not heed it is closed */
export function checkCallRate(client: { close(closeCode: CloseCode): void }, parts: RateParts): void {
  const verdict = parts.meters.calls.take(client, performance.now());
  if (verdict === 'giveUp') client.close(CLOSE_CODES.rateLimited);
  if (verdict !== 'pass') refuse('calls', parts);
}

/** @throws RequestError where answers have come to more than they may, and who asks on all the same is closed */
export function checkAnswerRate(client: { close(closeCode: CloseCode): void }, parts: RateParts): void {
  const verdict = parts.meters.answers.take(client, performance.now(), 0);
  if (verdict === 'giveUp') client.close(CLOSE_CODES.rateLimited);
  if (verdict !== 'pass') refuse('answers', parts);
}

/** What a refusal calls them. */
const NAMES = { signals: 'signals', joins: 'joins', calls: 'calls', answers: 'bytes of answers' } as const;

function refuse(what: keyof typeof NAMES, { meters, metrics }: RateParts): never {
  metrics.rateLimited.labels(what).inc();
  const most = `${String(meters[what].perSecond)} a second`;
  throw new RequestError('rateLimited', `${NAMES[what]} come faster than ${most}`);
}
