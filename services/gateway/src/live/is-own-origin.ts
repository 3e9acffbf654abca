/**
 * Whether a page that opens a WebSocket is this host's own. What is no browser has no origin, and needs a key like anybody else.
 *
 * @param host As the `Host` header has it
 */
export function isOwnOrigin(origin: string | undefined, host: string | undefined): boolean {
  if (origin === undefined) return true;
  try {
    const { protocol, host: own } = new URL(origin);
    // The same scheme takes the same default port away from both.
    return host !== undefined && new URL(`${protocol}//${host}`).host === own && own !== '';
  } catch {
    return false;
  }
}
