import type { KeySpace } from '../redis/keys.ts';

/** A sorted set of the gateways, and a hash of what they report (scripts/node-roster.lua.ts). */
export function nodeNames(space: KeySpace): { readonly present: string; readonly reports: string } {
  const base = space.baseOf('nodes');
  return { present: `${base}nodes/`, reports: `${base}reports/` };
}

/** A sorted set of the publishers, and a hash of what they offer (scripts/publisher-roster.lua.ts). */
export function publisherNames(space: KeySpace): { readonly present: string; readonly offers: string } {
  const base = space.baseOf('roster');
  return { present: `${base}publishers/`, offers: `${base}offers/` };
}
