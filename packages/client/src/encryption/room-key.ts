import { check, type Rule } from '../primitives/check.ts';

/** `CryptoKey`, by a name that Node's types have as well as the browser's. */
export type WebCryptoKey = Awaited<ReturnType<typeof crypto.subtle.importKey>>;

/** A key for payloads, and the id under which receivers look it up: new messages can have a new key while old ones stay readable. */
export interface RoomKey {
  /** In clear in every sealed payload; 1 to 64 characters, without line breaks. */
  readonly id: string;
  readonly key: WebCryptoKey;
}

/** What a key is derived from. */
export interface PassphraseOptions {
  readonly id: string;
  readonly passphrase: string;
  /** The same for everybody who shares the passphrase, and another for each purpose: the room's name, say. */
  readonly salt: string;
  /** Of PBKDF2 with SHA-256. Default 600,000, as OWASP advises. */
  readonly iterations?: number | undefined;
}

const DEFAULT_ITERATIONS = 600_000;
const AES_256 = { name: 'AES-GCM', length: 256 };
const utf8 = new TextEncoder();
const ID: Rule = [isId, 'text of 1 to 64 characters, without line breaks'];
const TEXT: Rule = [(value) => typeof value === 'string' && value !== '', 'text'];
const AES_KEY: Rule = [
  (value) => value instanceof Uint8Array && (value.length === 16 || value.length === 32),
  '16 or 32 bytes',
];
const ITERATIONS: Rule = [
  (value) => Number.isInteger(value) && Number(value) > 0 && Number(value) < 2 ** 32,
  'a whole number from 1 up',
];

/** A key from 16 or 32 random bytes: AES-128 or AES-256. */
export async function keyFromBytes(id: string, bytes: Uint8Array<ArrayBuffer>): Promise<RoomKey> {
  check('id', id, ID);
  check('bytes', bytes, AES_KEY);
  const key = await crypto.subtle.importKey('raw', bytes, 'AES-GCM', false, ['encrypt', 'decrypt']);
  return { id, key };
}

/** A key that people can tell each other. Slow on purpose: about a second on a phone. */
export async function keyFromPassphrase(options: PassphraseOptions): Promise<RoomKey> {
  const { id, passphrase, salt, iterations = DEFAULT_ITERATIONS } = options;
  check('id', id, ID);
  check('passphrase', passphrase, TEXT);
  check('salt', salt, TEXT);
  check('iterations', iterations, ITERATIONS);
  const secret = await crypto.subtle.importKey('raw', utf8.encode(passphrase), 'PBKDF2', false, ['deriveKey']);
  const derivation = { name: 'PBKDF2', hash: 'SHA-256', salt: utf8.encode(salt), iterations };
  return { id, key: await crypto.subtle.deriveKey(derivation, secret, AES_256, false, ['encrypt', 'decrypt']) };
}

/** Whether a value is a key of one of these two, as far as can be told. */
export function isRoomKey(value: unknown): value is RoomKey {
  return typeof value === 'object' && value !== null && 'key' in value && 'id' in value && isId(value.id);
}

function isId(value: unknown): boolean {
  return typeof value === 'string' && /^[^\r\n]{1,64}$/.test(value);
}
