import { causeOf } from './cause-of.ts';

/** What `/status` of a service says, as far as it is shown. */
export interface ServiceStatus {
  readonly url: string;
  readonly status: string;
  readonly summary: string;
  readonly service: string;
  readonly node: string;
  readonly version: string;
  readonly uptimeSeconds: number;
  readonly checks: readonly ServiceCheck[];
  readonly load: Readonly<Record<string, number>>;
  readonly process: Readonly<Record<string, unknown>>;
}

export interface ServiceCheck {
  readonly name: string;
  readonly part?: string;
  readonly ok: boolean;
  readonly reason?: string;
  readonly since: string;
}

/** Why a service has not said how it is. */
export interface NoStatus {
  readonly url: string;
  readonly error: string;
}

/** `fetch` sends none (https://fetch.spec.whatwg.org/#dom-request), and repeats them in its error. */
const NO_CREDENTIALS = 'a name and a password in the URL are not sent: leave them out';

/** Asks an internal port how its service is. Never rejects. */
export async function readStatus(url: string, timeoutMs: number): Promise<ServiceStatus | NoStatus> {
  try {
    const target = new URL('/status', url);
    if (target.username !== '' || target.password !== '') return { url: target.origin, error: NO_CREDENTIALS };
    const answer = await fetch(target, { signal: AbortSignal.timeout(timeoutMs) });
    const text = await answer.text();
    const status = answer.ok ? toStatus(url, text) : undefined;
    return (
      status ?? { url, error: `there is no /status: it answers ${String(answer.status)}. Is it an internal port?` }
    );
  } catch (err) {
    return { url, error: causeOf(err) };
  }
}

/** Whoever answers may be anything. */
function toStatus(url: string, text: string): ServiceStatus | undefined {
  let said: unknown;
  try {
    said = JSON.parse(text);
  } catch {
    return undefined;
  }
  const { status, summary, service, node, version, uptimeSeconds, checks, load, process } = Object(said) as Readonly<
    Record<string, unknown>
  >;
  if (!Array.isArray(checks) || typeof uptimeSeconds !== 'number') return undefined;
  return {
    url,
    status: String(status),
    summary: String(summary),
    service: String(service),
    node: String(node),
    version: String(version),
    uptimeSeconds,
    checks: checks as readonly ServiceCheck[],
    load: Object(load) as Readonly<Record<string, number>>,
    process: Object(process) as Readonly<Record<string, unknown>>,
  };
}
