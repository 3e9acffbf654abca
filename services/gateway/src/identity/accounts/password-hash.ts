import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';

interface Cost {
  readonly N: number;
  readonly r: number;
  readonly p: number;
}

/** One of the equivalent settings of the OWASP Password Storage Cheat Sheet: 32 MiB for each password that is tried. */
const COST: Cost = { N: 2 ** 15, r: 8, p: 3 };
/** Twice what `128 * N * r` needs; Node's own default is too little (Node 22). */
const MAX_MEMORY_BYTES = 64 * 1024 * 1024;
const SALT_BYTES = 16;
const HASH_BYTES = 32;

const derive = promisify<string, Buffer, number, Cost & { maxmem: number }, Buffer>(scrypt);

/** Hashes a password with a salt of its own, in Node's thread pool: `$scrypt$ln=15,r=8,p=3$<salt>$<hash>`. */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(SALT_BYTES);
  const hash = await deriveHash(password, salt, COST);
  const { N, r, p } = COST;
  const cost = `ln=${String(Math.log2(N))},r=${String(r)},p=${String(p)}`;
  return `$scrypt$${cost}$${salt.toString('base64url')}$${hash.toString('base64url')}`;
}

/** Whether it is the password; takes as long either way. False for what `hashPassword` did not make. */
export async function verifyPassword(password: string, stored: string): Promise<boolean> {
  const [, ln, r, p, salt = '', hash = ''] =
    /^\$scrypt\$ln=(\d{1,2}),r=(\d{1,2}),p=(\d{1,2})\$([\w-]+)\$([\w-]{43})$/.exec(stored) ?? [];
  if (ln === undefined) return false;
  const cost = { N: 2 ** Number(ln), r: Number(r), p: Number(p) };
  const actual = await deriveHash(password, Buffer.from(salt, 'base64url'), cost);
  return timingSafeEqual(actual, Buffer.from(hash, 'base64url'));
}

/** What looks the same on two keyboards is the same password (RFC 8265 §4.2). */
function deriveHash(password: string, salt: Buffer, cost: Cost): Promise<Buffer> {
  return derive(password.normalize('NFC'), salt, HASH_BYTES, { ...cost, maxmem: MAX_MEMORY_BYTES });
}
