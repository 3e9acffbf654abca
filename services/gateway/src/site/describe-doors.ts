import type { AuthConfig } from '../identity/auth-config.ts';
import type { SiteFile } from '../transport/transport.ts';

/** Where the page asks how it can come in. */
export const DOORS_PATH = '/doors.json';

/**
 * What the page has to ask a visitor for: whether there are accounts, and whether strangers come in under a name of their
 * own (`trusted`), under one that they are given (`guest`), or not at all (`none`).
 */
export function describeDoors({ tokens, accounts }: Pick<AuthConfig, 'tokens' | 'accounts'>): SiteFile {
  const strangers = tokens === undefined ? 'trusted' : tokens.hasGuests ? 'guest' : 'none';
  const body = Buffer.from(JSON.stringify({ hasAccounts: accounts !== undefined, strangers }));
  return { contentType: 'application/json', body, encoded: {}, isImmutable: false };
}
