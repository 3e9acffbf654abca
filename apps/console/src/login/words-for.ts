import { AuthorizationResponseError, OperationProcessingError, ResponseBodyError } from 'oauth4webapi';

import { Refusal } from '../api/api.ts';

const MAX_CHARACTERS = 200;

/** Why nobody is signed in, for whoever wanted to be. */
export function wordsFor(err: unknown, host: string): Refusal {
  if (err instanceof Refusal) return err;
  if (err instanceof AuthorizationResponseError || err instanceof ResponseBodyError) {
    const said = [err.error, err.error_description].filter((part) => part !== undefined).join(': ');
    return new Refusal('signedOut', `${host} did not let you in: ${said.slice(0, MAX_CHARACTERS)}`);
  }
  if (err instanceof OperationProcessingError) {
    return noAnswer(err.message);
  }
  // A fetch that failed says no more: a provider that is away, and one that does not let this page ask it, look alike.
  if (err instanceof TypeError || err instanceof DOMException) {
    return new Refusal('unreachable', `${host} does not answer, or does not let ${location.origin} ask it (CORS)`);
  }
  return new Refusal('signedOut', `${host} did not let you in: ${err instanceof Error ? err.message : String(err)}`);
}

/** The same where somebody is signed in, and is to stay so. */
export function wordsForRenewal(err: unknown, host: string): Refusal {
  if (err instanceof ResponseBodyError || err instanceof OperationProcessingError) {
    return new Refusal('unreachable', `${host} does not renew your sign-in for the moment (${err.message})`);
  }
  return wordsFor(err, host);
}

/** Somebody else may have written the address. */
export function noAnswer(why?: string): Refusal {
  const said = why === undefined ? '' : ` (${why})`;
  return new Refusal('signedOut', `What came back is no answer to a sign-in that this tab has begun: try again${said}`);
}
