import { type ClientFrameOf, ERROR_CODES, RequestError, type SymbolResult } from '@outcry/protocol';

import { UnknownChoice } from '../../books/book-choices.ts';
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
 * Answers a request as it was asked: `ack` for one symbol, `results` for a list, in which the choices are named once.
 *
 * @throws RequestError the failure of the only symbol
 */
export function answerSymbols(client: Answerable, frame: SymbolRequest, outcomes: readonly Outcome[]): void {
  const { id, symbols } = frame;
  if (symbols !== undefined) {
    const named = new Set<string>();
    const results = outcomes.map((outcome) => toResult(outcome, named));
    client.sendFrame({ type: 'results', ...(id === undefined ? {} : { id }), results });
    return;
  }
  for (const { error } of outcomes) if (error !== undefined) throw error;
  acknowledge(client, id);
}

function toResult({ symbol, error }: Outcome, named: Set<string>): SymbolResult {
  if (error === undefined) return { symbol };
  const { code, isRetryable } = ERROR_CODES[error.code];
  return { symbol, error: { code, message: describe(error, named), retryable: isRetryable } };
}

/** `named`: the choices that the answer has named so far. */
function describe(error: RequestError, named: Set<string>): string {
  if (!(error instanceof UnknownChoice)) return error.message;
  if (named.has(error.choices)) return error.problem;
  named.add(error.choices);
  return error.message;
}
