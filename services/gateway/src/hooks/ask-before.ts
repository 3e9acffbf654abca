import { RequestError } from '@outcry/protocol';

import type { Permission, Refusal } from './answer.ts';
import type { HookClient, Question, ReadAnswer } from './hook-client.ts';
import { OnFailure } from './settings.ts';

/** What becomes of a request that the server was asked about. */
export type Verdict<A> =
  | { readonly refusal: RequestError }
  /** The answer is undefined where there was none, and the rule of the hook allows it. */
  | { readonly refusal?: undefined; readonly answer: A | undefined };

export interface HookRule {
  readonly client: HookClient;
  readonly onFailure: OnFailure;
}

/** Asks before a request is carried out, and applies the rule of the hook where there is no answer. Never rejects. */
export async function askBefore<A extends Permission>(
  { client, onFailure }: HookRule,
  question: Question,
  read: ReadAnswer<A | Refusal>,
): Promise<Verdict<A>> {
  try {
    const answer = await client.ask(question, read);
    if (answer.allow) return { answer };
    return { refusal: refusalOf(answer) };
  } catch {
    return onFailure === OnFailure.Allow ? { answer: undefined } : { refusal: undecided() };
  }
}

/** What a client is told whom the server refuses, in its words. */
export function refusalOf({ reason }: Refusal): RequestError {
  return new RequestError('forbidden', reason ?? 'the server does not allow it');
}

/** What a client is told where nobody has decided. */
export function undecided(): RequestError {
  return new RequestError('unavailable', 'the server did not decide in time; try again later');
}
