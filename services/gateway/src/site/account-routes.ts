import { OutcryError, UnwritableError } from '@outcry/broker';
import { isAccountName } from '@outcry/protocol';
import { BodyError, type Logger, parseJson } from '@outcry/service';
import { z } from 'zod';

import type { GatewayMetrics } from '../observability/metrics.ts';
import type { PostAnswer, PostHandler } from '../transport/transport.ts';
import { ACCOUNT_ERRORS, AccountError } from '../identity/accounts/account-error.ts';
import type { Accounts, Credentials } from '../identity/accounts/accounts.ts';
import type { IssuedToken } from '../identity/accounts/token-issuer.ts';

const credentials = z.strictObject({
  user: z.string().refine(isAccountName, 'expected a name: a-z, 0-9 and ._:-'),
  password: z.string().min(8, 'expected 8 characters or more').max(128, 'expected 128 characters or fewer'),
});

export interface AccountRoutesParts {
  readonly accounts: Accounts;
  readonly metrics: Pick<GatewayMetrics, 'accountRefusals'>;
  readonly logger: Logger;
}

/** `POST /auth/register` and `POST /auth/login`, on the public port: docs/AUTH.md. */
export function createAccountRoutes(parts: AccountRoutesParts): ReadonlyMap<string, PostHandler> {
  const { accounts, metrics, logger } = parts;
  const route =
    (status: number, answer: (given: Credentials) => Promise<IssuedToken>): PostHandler =>
    async ({ address, contentType, body }) => {
      try {
        await accounts.admit(address);
        return { status, body: await answer(readCredentials(contentType, body)) };
      } catch (err) {
        const error = toAccountError(err, logger);
        metrics.accountRefusals.labels(error.code).inc();
        return refusal(error);
      }
    };
  return new Map([
    ['/auth/register', route(201, (given) => accounts.register(given))],
    ['/auth/login', route(200, (given) => accounts.logIn(given))],
  ]);
}

/** @throws AccountError `malformed`, `bodyTooLarge`. The type of the content is asked for so that a form of another site cannot send it. */
function readCredentials(contentType: string, body: Buffer | undefined): Credentials {
  if (body === undefined) throw new AccountError('bodyTooLarge', 'too large');
  if (!/^application\/json(;|$)/i.test(contentType)) throw new AccountError('malformed', 'expected application/json');
  const { data, error } = credentials.safeParse(parse(body));
  if (data !== undefined) return data;
  const problems = error.issues.map(({ path, message }) => [path.join('.'), message].filter(Boolean).join(': '));
  throw new AccountError('malformed', problems.join('; '));
}

function parse(body: Buffer): unknown {
  try {
    return parseJson(body);
  } catch (err) {
    if (!(err instanceof BodyError)) throw err;
    throw new AccountError('malformed', err.message);
  }
}

function toAccountError(err: unknown, logger: Logger): AccountError {
  if (err instanceof AccountError) return err;
  if (err instanceof UnwritableError)
    return new AccountError('unavailable', `no account can be made now: ${err.reason}`);
  if (err instanceof OutcryError) return new AccountError('unavailable', 'accounts cannot be had now; try again');
  logger.error({ err }, 'request about an account failed');
  return new AccountError('internal', 'a fault of the gateway');
}

function refusal({ code, message, retryAfterSeconds }: AccountError): PostAnswer {
  const { status, retryable } = ACCOUNT_ERRORS[code];
  return { status, body: { error: { code, message, retryable } }, retryAfterSeconds };
}
