/** What an internal port answers to `/healthz`, `/readyz` or `/status`. */
export interface HealthAnswer {
  readonly status: number;
  /** In a line: `ok`, `ok, but …`, or why it is not. */
  readonly summary: string;
  readonly checks: readonly HealthCheck[];
  /** All of it. */
  readonly report: Readonly<Record<string, unknown>>;
}

export interface HealthCheck {
  readonly name: string;
  readonly part?: string;
  readonly ok: boolean;
  readonly reason?: string;
  readonly since: string;
}

/** Asks a service how it is. */
export async function readHealth(internalUrl: string, path = '/readyz'): Promise<HealthAnswer> {
  const response = await fetch(`${internalUrl}${path}`);
  const report = (await response.json()) as Readonly<Record<string, unknown>>;
  const { summary, checks } = report as { readonly summary: string; readonly checks: readonly HealthCheck[] };
  return { status: response.status, summary, checks, report };
}
