import { type ClientFrameOf, ERROR_CODES, RequestError, type SymbolResult } from '@outcry/protocol';

import { acknowledge, type Answerable } from '../answers.ts';
import { toRequestError } from '../to-request-error.ts';

type SymbolRequest = ClientFrameOf<'subscribe' | 'unsubscribe'>;

/** What became of one symbol: `error` is what is told of it where it failed. */
export interface Outcome {
  readonly symbol: string;
  readonly error: RequestError | undefined;
}

/**
 * The symbols that a request names, each once.
 *
 * @throws RequestError where it names none, or one and a list
 */
export function symbolsOf({ symbol, symbols }: SymbolRequest): readonly string[] {
  if ((symbol === undefined) === (symbols === undefined)) {
    throw new RequestError('badRequest', 'symbol: expected either it or symbols');
  }
  return symbols === undefined ? [symbol ?? ''] : [...new Set(symbols)];
}

/** @throws what is no answer to a client but a fault of the gateway */
export function failedOutcome(symbol: string, err: unknown): Outcome {
  const error = toRequestError(err);
  if (error === undefined) throw err;
  return { symbol, error };
}

/**
 * Answers a request as it was asked: `ack` for one symbol, `results` for a list.
 *
 * @throws RequestError the failure of the only symbol
 */
export function answerSymbols(client: Answerable, frame: SymbolRequest, outcomes: readonly Outcome[]): void {
  const { id, symbols } = frame;
  if (symbols !== undefined) {
    client.sendFrame({ type: 'results', ...(id === undefined ? {} : { id }), results: outcomes.map(toResult) });
    return;
  }
  for (const { error } of outcomes) if (error !== undefined) throw error;
  acknowledge(client, id);
}

function toResult({ symbol, error }: Outcome): SymbolResult {
  if (error === undefined) return { symbol };
  const { code, isRetryable } = ERROR_CODES[error.code];
  return { symbol, error: { code, message: error.message, retryable: isRetryable } };
}
