import { createHmac, type KeyObject, sign } from 'node:crypto';

export type TokenKey = string | Buffer | KeyObject;

export interface TokenOptions {
  /** Whose the token is. */
  readonly sub?: string;
  /** Any other claim; `undefined` leaves out what would be there. */
  readonly claims?: Readonly<Record<string, unknown>>;
  readonly header?: Readonly<Record<string, unknown>>;
  readonly lifetimeSeconds?: number;
}

/** A JSON Web Token, made with nothing but Node's own cryptography. `header` names the `alg` where it is not HS256. */
export function makeToken(key: TokenKey, options: TokenOptions = {}): string {
  const { sub = 'ann', claims = {}, header = {}, lifetimeSeconds = 300 } = options;
  const now = Math.floor(Date.now() / 1000);
  const fullHeader = { alg: 'HS256', typ: 'JWT', ...header };
  const payload = { sub, iat: now, exp: now + lifetimeSeconds, ...claims };
  return signToken(key, JSON.stringify(fullHeader), JSON.stringify(payload));
}

/** Signs texts that need not be what a header and claims should be. How is the key's affair, whatever the header says. */
export function signToken(key: TokenKey, header: string, payload: string): string {
  const input = `${encode(header)}.${encode(payload)}`;
  return `${input}.${signatureOf(Buffer.from(input), key).toString('base64url')}`;
}

function signatureOf(input: Buffer, key: TokenKey): Buffer {
  if (typeof key === 'string' || Buffer.isBuffer(key)) return createHmac('sha256', key).update(input).digest();
  const digest = key.asymmetricKeyType === 'ed25519' ? null : 'sha256';
  return sign(digest, input, { key, dsaEncoding: 'ieee-p1363' });
}

function encode(text: string): string {
  return Buffer.from(text).toString('base64url');
}
