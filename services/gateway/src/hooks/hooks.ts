import type { Check, Logger } from '@outcry/service';

import type { RevokedTokens } from '../identity/revoked-tokens.ts';
import { BreakerState, type HookMetrics } from '../observability/hook-metrics.ts';
import type { HookRule } from './ask-before.ts';
import { ConnectHook } from './connect-hook.ts';
import { HookClient } from './hook-client.ts';
import { JoinHook } from './join-hook.ts';
import { PublishHook } from './publish-hook.ts';
import { RpcHook } from './rpc-hook.ts';
import { type HookConfig, HookName, type HooksConfig } from './settings.ts';

/** What the operator's server is asked, each where it has a URL. */
export interface Hooks {
  readonly connect: ConnectHook | undefined;
  readonly join: JoinHook | undefined;
  readonly publish: PublishHook | undefined;
  readonly rpc: RpcHook | undefined;
  /** Whether it can be asked, for each of them. */
  readonly checks: readonly Check[];
  /** For whoever looks: how each of them is. */
  readonly clients: readonly HookClient[];
  /** Questions that are under way fail. */
  close(): Promise<void>;
}

export interface HooksParts {
  readonly node: string;
  readonly revokedTokens: Pick<RevokedTokens, 'has'>;
  /** Of a payload. */
  readonly maxDataBytes: number;
  readonly metrics: HookMetrics;
  readonly logger: Logger;
}

/** Undefined where there is no hook: then nothing is made, and nobody asks. */
export function createHooks(config: HooksConfig | undefined, parts: HooksParts): Hooks | undefined {
  if (config === undefined) return undefined;
  const { node, revokedTokens, maxDataBytes, metrics, logger } = parts;
  const { asking, connect, join, publish, rpc } = config;
  const clients: HookClient[] = [];
  /** Questions have no effect of their own, so they may be asked again; what a client calls for may have. */
  const clientOf = (hook: HookName, url: string): HookClient => {
    const client = new HookClient({ hook, url, asking, mayRepeat: hook !== HookName.Rpc }, { metrics, logger });
    clients.push(client);
    return client;
  };
  const ruleOf = (hook: HookName, { url, onFailure }: HookConfig): HookRule => {
    return { client: clientOf(hook, url), onFailure };
  };
  return {
    connect: connect && new ConnectHook({ ...ruleOf(HookName.Connect, connect), node, revokedTokens }),
    join: join && new JoinHook(ruleOf(HookName.Join, join), node),
    publish: publish && new PublishHook(ruleOf(HookName.Publish, publish), { node, maxDataBytes }),
    rpc: rpc && new RpcHook(clientOf(HookName.Rpc, rpc.url), { ...rpc, node, maxDataBytes: asking.maxAnswerBytes }),
    clients,
    get checks() {
      return clients.map(checkHook);
    },
    async close() {
      await Promise.all(clients.map((client) => client.close()));
    },
  };
}

function checkHook({ hook, state }: Pick<HookClient, 'hook' | 'state'>): Check {
  const isAsked = state === BreakerState.Closed;
  return {
    name: 'hook',
    part: hook,
    reason: isAsked ? undefined : `the hook ${hook} is not asked: most of its answers failed`,
  };
}
