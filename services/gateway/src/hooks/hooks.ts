import type { Logger } from '@outcry/service';

import type { RevokedTokens } from '../identity/revoked-tokens.ts';
import type { HookMetrics } from '../observability/hook-metrics.ts';
import { ConnectHook } from './connect-hook.ts';
import { HookClient } from './hook-client.ts';
import { HookName, type HooksConfig } from './settings.ts';

/** What the operator's server is asked, each where it has a URL. */
export interface Hooks {
  readonly connect: ConnectHook | undefined;
  /** Questions that are under way fail. */
  close(): Promise<void>;
}

export interface HooksParts {
  readonly node: string;
  readonly revokedTokens: Pick<RevokedTokens, 'has'>;
  readonly metrics: HookMetrics;
  readonly logger: Logger;
}

/** Undefined where there is no hook: then nothing is made, and nobody asks. */
export function createHooks(config: HooksConfig | undefined, parts: HooksParts): Hooks | undefined {
  const { node, revokedTokens, metrics, logger } = parts;
  if (config === undefined) return undefined;
  const { asking, connect } = config;
  const clients: HookClient[] = [];
  const clientOf = (hook: HookName, url: string, mayRepeat: boolean): HookClient => {
    const client = new HookClient({ hook, url, asking, mayRepeat }, { metrics, logger });
    clients.push(client);
    return client;
  };
  return {
    connect:
      connect &&
      new ConnectHook({ ...connect, node, revokedTokens, client: clientOf(HookName.Connect, connect.url, true) }),
    async close() {
      await Promise.all(clients.map((client) => client.close()));
    },
  };
}
