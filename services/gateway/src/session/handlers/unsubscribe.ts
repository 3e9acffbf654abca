import { type ClientFrameOf, RequestError } from '@outcry/protocol';

import type { ClassChoice } from '../../books/book-choices.ts';
import { answerSymbols, failedOutcome, type Outcome, symbolsOf } from './named-symbols.ts';
import type { Session } from '../session.ts';

export function handleUnsubscribe(session: Session, frame: ClientFrameOf<'unsubscribe'>): void {
  const outcomes = symbolsOf(frame).map((symbol) => unsubscribe(session, symbol, frame));
  answerSymbols(session, frame, outcomes);
}

function unsubscribe(session: Session, symbol: string, { depth, interval }: ClassChoice): Outcome {
  if (session.watches.remove(symbol, { depth, interval })) return { symbol, error: undefined };
  const name = `${symbol} at depth ${String(depth)}, interval ${String(interval)}`;
  return failedOutcome(symbol, new RequestError('notJoined', `${name} is not watched`));
}
