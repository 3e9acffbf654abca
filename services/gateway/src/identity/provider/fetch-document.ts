import CachePolicy from 'http-cache-semantics';

import { ProviderError } from './provider-error.ts';

/** Of a document, redirects included. */
const DEADLINE_MS = 5000;
/** Sets of large providers with all their certificates have some 20 KiB. */
const MAX_BYTES = 256 * 1024;
const MAX_REDIRECTS = 3;
/** Fetch, "redirect status": 300 and 304 may have a `location` as well, and mean something else. */
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

export interface FetchedDocument {
  readonly value: unknown;
  /** RFC 9111; undefined where the answer says nothing about it. */
  readonly freshForMs: number | undefined;
}

export interface FetchOptions {
  readonly signal: AbortSignal;
  readonly deadlineMs?: number;
}

/**
 * Fetches a JSON document of a provider. A redirect is followed within its host and its protocol, and nowhere else.
 *
 * @param url one that `isTrustedUrl` takes
 * @throws ProviderError where there is none within five seconds and 256 KiB
 */
export async function fetchDocument(
  url: string,
  { signal, deadlineMs = DEADLINE_MS }: FetchOptions,
): Promise<FetchedDocument> {
  const deadline = AbortSignal.timeout(deadlineMs);
  try {
    const response = await follow(url, AbortSignal.any([signal, deadline]));
    const text = await readText(response, url);
    return { value: parse(text, url), freshForMs: freshnessOf(response, url) };
  } catch (cause) {
    if (cause instanceof ProviderError) throw cause;
    const why = deadline.aborted
      ? `did not answer within ${String(deadlineMs)} ms`
      : `cannot be had: ${wordsFor(cause)}`;
    throw new ProviderError(`${url} ${why}`, { cause });
  }
}

async function follow(start: string, signal: AbortSignal): Promise<Response> {
  let url = new URL(start);
  for (let redirects = 0; ; redirects++) {
    const response = await fetch(url.href, { redirect: 'manual', signal, headers: { accept: 'application/json' } });
    const { status } = response;
    if (status === 200) return response;
    await response.body?.cancel();
    const location = response.headers.get('location');
    if (!REDIRECTS.has(status) || location === null) {
      throw new ProviderError(`${start} answered with status ${String(status)}`);
    }
    const next = URL.canParse(location, url.href) ? new URL(location, url) : undefined;
    if (next?.origin !== url.origin) throw new ProviderError(`${start} redirects to another host`);
    if (redirects === MAX_REDIRECTS) throw new ProviderError(`${start} redirects too often`);
    url = next;
  }
}

async function readText({ body }: Response, url: string): Promise<string> {
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  // Node's own type of it says nothing about what it gives.
  for await (const piece of (body ?? []) as AsyncIterable<Uint8Array>) {
    bytes += piece.length;
    if (bytes > MAX_BYTES) throw new ProviderError(`${url} has more than ${String(MAX_BYTES)} bytes`);
    pieces.push(piece);
  }
  return Buffer.concat(pieces).toString('utf8');
}

function parse(text: string, url: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new ProviderError(`${url} is not JSON`, { cause });
  }
}

function freshnessOf({ status, headers }: Response, url: string): number | undefined {
  if (!headers.has('cache-control') && !headers.has('expires')) return undefined;
  const request = { url, method: 'GET', headers: {} };
  return new CachePolicy(request, { status, headers: Object.fromEntries(headers) }, { shared: false }).timeToLive();
}

/** `fetch` says why only in its cause. */
function wordsFor(err: unknown): string {
  const reason = err instanceof Error && err.cause instanceof Error ? err.cause : err;
  if (!(reason instanceof Error)) return String(reason);
  return 'code' in reason && typeof reason.code === 'string' ? reason.code : reason.message;
}
