import { generateKeyPairSync, type KeyObject, randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** The keys of a gateway under attack: a secret for tokens without a `kid`, and one key of each other algorithm. */
export const SECRET = randomBytes(32).toString('base64url');
export const RSA = generateKeyPairSync('rsa', { modulusLength: 2048 });
export const EC = generateKeyPairSync('ec', { namedCurve: 'P-256' });
export const EDWARDS = generateKeyPairSync('ed25519');

/** Writes the public ones down as a gateway reads them; `remove` takes the file away again. */
export async function writeKeysFile(): Promise<{ readonly path: string; readonly remove: () => Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'outcry-keys-'));
  const path = join(folder, 'keys.json');
  const keys = [jwkOf(RSA, 'RS256', 'rs'), jwkOf(EC, 'ES256', 'es'), jwkOf(EDWARDS, 'EdDSA', 'ed')];
  await writeFile(path, JSON.stringify({ keys }));
  return { path, remove: () => rm(folder, { recursive: true }) };
}

function jwkOf({ publicKey }: { readonly publicKey: KeyObject }, alg: string, kid: string): object {
  return { ...publicKey.export({ format: 'jwk' }), alg, kid };
}
