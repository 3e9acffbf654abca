import { isPublicHost } from '@outcry/service';
import type { ClientConfig } from 'pg';

const CONNECT_TIMEOUT_MS = 5000;
/** A query that nobody answers fails, whatever became of the machine or the network. */
const QUERY_TIMEOUT_MS = 10_000;

/**
 * How every connection of a service is made.
 *
 * @param name What the database calls it in its lists.
 */
export function connectionOptions(url: string, name: string, queryTimeoutMs: number = QUERY_TIMEOUT_MS): ClientConfig {
  return {
    connectionString: url,
    application_name: name,
    connectionTimeoutMillis: Math.min(CONNECT_TIMEOUT_MS, queryTimeoutMs),
    query_timeout: queryTimeoutMs,
    statement_timeout: queryTimeoutMs,
    keepAlive: true,
  };
}

/** What is wrong with the setting of a database; in production, what would let others in, too. */
export function problemsOfPostgresUrl(
  setting: string,
  text: string,
  { isProduction }: { readonly isProduction: boolean },
): readonly string[] {
  const url = URL.parse(text);
  if (url === null) return [`${setting}: is no URL`];
  if (!isProduction || !isPublicHost(url.hostname)) return [];
  const sslMode = url.searchParams.get('sslmode') ?? '';
  return [
    ...(url.password === '' ? [`${setting}: a database at a public address needs a password`] : []),
    ...(sslMode === 'verify-full'
      ? []
      : [`${setting}: a database at a public address needs TLS (?sslmode=verify-full)`]),
  ];
}
