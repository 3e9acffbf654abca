import { createHmac } from 'node:crypto';

const MS_PER_SECOND = 1000;

export interface SignedParts {
  /** The same where a request is repeated. */
  readonly id: string;
  /** Unix milliseconds. */
  readonly at: number;
  readonly body: string;
}

/**
 * The headers that prove a request to be this gateway's, and how old it is: those of Standard Webhooks 1.0, for which most languages
 * have a library. The key is the secret's own bytes.
 */
export function signRequest({ id, at, body }: SignedParts, secret: string): Readonly<Record<string, string>> {
  const timestamp = String(Math.floor(at / MS_PER_SECOND));
  const signature = createHmac('sha256', secret).update(`${id}.${timestamp}.${body}`).digest('base64');
  return { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': `v1,${signature}` };
}
