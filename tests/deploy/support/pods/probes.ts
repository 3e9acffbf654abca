import { setTimeout as delay } from 'node:timers/promises';

import { tryRun } from '../tools.ts';
import { type Probe } from './pod-spec.ts';

export interface Probed {
  /** Where the container is asked by its name. */
  readonly container: string;
  /** Where the host reaches a port of it, by the port's name. */
  readonly published: ReadonlyMap<string, number>;
}

/**
 * Carries a probe out as the kubelet does: at once, and then each period, until it is told to stop. Says what became of it when that
 * changes: true by one success, false by so many failures in a row as the threshold says.
 */
export async function watch(
  probe: Probe,
  probed: Probed,
  { signal, changed }: { readonly signal: AbortSignal; readonly changed: (isGood: boolean, why: string) => void },
): Promise<void> {
  let failures = 0;
  let isGood: boolean | undefined;
  while (!signal.aborted) {
    const why = await ask(probe, probed);
    failures = why === '' ? 0 : failures + 1;
    const is = why === '' ? true : failures >= probe.failureThreshold ? false : isGood;
    if (is !== undefined && is !== isGood && !aborted(signal)) changed(is, why);
    isGood = is;
    await delay(probe.periodSeconds * 1000, undefined, { signal }).catch(() => undefined);
  }
}

/** It may have been told to stop while it asked. */
function aborted(signal: AbortSignal): boolean {
  return signal.aborted;
}

/** Why it failed; nothing where it did not. */
async function ask({ httpGet, exec, timeoutSeconds }: Probe, { container, published }: Probed): Promise<string> {
  const timeoutMs = timeoutSeconds * 1000;
  if (httpGet !== undefined) {
    const port = published.get(httpGet.port);
    if (port === undefined) throw new Error(`${container} has no port ${httpGet.port}`);
    return askByHttp(`http://127.0.0.1:${String(port)}${httpGet.path}`, timeoutMs);
  }
  if (exec === undefined) throw new Error(`a probe of ${container} is of a kind that is not known here`);
  const timeout = AbortSignal.timeout(timeoutMs);
  const late = new Promise<string>((resolve) => {
    timeout.addEventListener('abort', () => {
      resolve(`no answer in ${String(timeoutSeconds)} s`);
    });
  });
  const asked = tryRun('docker', ['exec', container, ...exec.command]).then(({ code, text }) =>
    code === 0 ? '' : `${String(code)}: ${text}`,
  );
  return Promise.race([asked, late]);
}

async function askByHttp(url: string, timeoutMs: number): Promise<string> {
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(timeoutMs), redirect: 'manual' });
    const text = await answer.text();
    return answer.status >= 200 && answer.status < 400 ? '' : `${String(answer.status)}: ${text}`;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
