const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/;

/** What the URL standard lets through besides, `*` and `;` among it, means something to a content policy. */
const HOST = /^([a-z0-9_.-]+|\[[0-9a-f:.]+\])$/;

export const TRUSTED_URL = 'an https URL, or an http one of this host, without a user and a fragment';

/**
 * Whether keys can be had from there: whoever can write on the line could otherwise sign as anybody. RFC 8414 §3.3 and OpenID
 * Connect Discovery 1.0 §4 ask for TLS.
 */
export function isTrustedUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, hostname, username, password, hash } = new URL(text);
  if (username !== '' || password !== '' || hash !== '' || !HOST.test(hostname)) return false;
  return protocol === 'https:' || (protocol === 'http:' && LOOPBACK.test(hostname));
}
