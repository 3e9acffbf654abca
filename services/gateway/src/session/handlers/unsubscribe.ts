import { type ClientFrameOf, RequestError } from '@outcry/protocol';

import type { ClassChoice } from '../../books/book-choices.ts';
import type { Watches } from '../../books/watches.ts';
import type { Answerable } from '../answers.ts';
import { answerSymbols, failedOutcome, type Outcome, symbolsOf } from './named-symbols.ts';

interface Client extends Answerable {
  readonly watches: Pick<Watches, 'remove'>;
}

export function handleUnsubscribe(client: Client, frame: ClientFrameOf<'unsubscribe'>): void {
  const outcomes = symbolsOf(frame).map((symbol) => unsubscribe(client, symbol, frame));
  answerSymbols(client, frame, outcomes);
}

function unsubscribe({ watches }: Client, symbol: string, { depth, interval }: ClassChoice): Outcome {
  if (watches.remove(symbol, { depth, interval })) return { symbol, error: undefined };
  const name = `${symbol} at depth ${String(depth)}, interval ${String(interval)}`;
  return failedOutcome(symbol, new RequestError('notJoined', `${name} is not watched`));
}
