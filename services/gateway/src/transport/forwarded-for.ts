import { canonicalAddress } from '../limits/ip-address.ts';

/**
 * The address of one entry of `X-Forwarded-For`, which no standard describes: proxies write it bare, with its port, in brackets
 * or in quotes (as RFC 7239 §6 has `Forwarded`). Undefined where it is none.
 */
export function addressOfHop(entry: string): string | undefined {
  const text = entry.trim().replace(/^"(.*)"$/, '$1');
  const bracketed = /^\[([^\]]+)\](?::\d{1,5})?$/.exec(text);
  const withPort = /^(\d[\d.]*):\d{1,5}$/.exec(text);
  return canonicalAddress(bracketed?.[1] ?? withPort?.[1] ?? text);
}
