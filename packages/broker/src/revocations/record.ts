import type { Revocation } from './list.ts';

/** `token 1732104000000 <id>`: what is stored of a revocation beside its end. */
export function encodeRevocation({ kind, issuedUntil, id }: Revocation): string {
  return `${kind} ${String(issuedUntil)} ${id}`;
}

/** The end of a revocation, and what `encodeRevocation` made of it; undefined for anything else. */
export function decodeRevocation(expiresAt: string, record: string): Revocation | undefined {
  const [, kind, issuedUntil, id] = /^(token|user) (\d+) (.+)$/.exec(record) ?? [];
  if ((kind !== 'token' && kind !== 'user') || id === undefined || !/^\d+$/.test(expiresAt)) return undefined;
  return { kind, id, issuedUntil: Number(issuedUntil), expiresAt: Number(expiresAt) };
}
