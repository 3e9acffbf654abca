import type { ClientFrameOf } from '@outcry/protocol';

import { checkChoice } from '../../books/book-choices.ts';
import type { Watches } from '../../books/watches.ts';
import type { Answerable } from '../answers.ts';
import { answerSymbols, failedOutcome, type Outcome, symbolsOf } from './named-symbols.ts';

interface Client extends Answerable {
  readonly watches: Pick<Watches, 'prepare'>;
}

interface Subscription extends Outcome {
  /** Sends the snapshot and lets deltas follow; absent where it failed. */
  readonly begin?: () => void;
}

/** Watches books: the answer, then a snapshot of each, then deltas. */
export async function handleSubscribe(client: Client, frame: ClientFrameOf<'subscribe'>): Promise<void> {
  const symbols = symbolsOf(frame);
  const subscriptions = await Promise.all(symbols.map((symbol) => subscribe(client, symbol, frame)));
  answerSymbols(client, frame, subscriptions);
  for (const { begin } of subscriptions) begin?.();
}

async function subscribe(
  { watches }: Client,
  symbol: string,
  { depth, interval, checksum = false }: ClientFrameOf<'subscribe'>,
): Promise<Subscription> {
  const choice = { depth, interval };
  try {
    checkChoice(choice);
    return { symbol, error: undefined, begin: await watches.prepare(symbol, choice, checksum) };
  } catch (err) {
    return failedOutcome(symbol, err);
  }
}
