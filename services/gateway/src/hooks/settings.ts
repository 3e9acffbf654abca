import { boolean, choice, integer, optionalText, type SettingValues } from '@outcry/config';
import { hookUrlWords, isHookUrl, SECRET_TEXT, URL_TEXT } from '@outcry/webhook';

const KIB = 1024;

/** What the operator's own server is asked before. */
export const HookName = { Connect: 'connect', Join: 'join', Publish: 'publish', Rpc: 'rpc' } as const;
export type HookName = (typeof HookName)[keyof typeof HookName];

/** What it means that the server did not answer, or with what cannot be used. */
export const OnFailure = { Deny: 'deny', Allow: 'allow' } as const;
export type OnFailure = (typeof OnFailure)[keyof typeof OnFailure];

function url(before: string) {
  return optionalText(URL_TEXT, { meaning: `Your server is asked here ${before}. Unset: it is not asked.` });
}

function onFailure(what: string) {
  return choice([OnFailure.Deny, OnFailure.Allow], {
    meaning: `What becomes of ${what} where your server does not answer, or with what cannot be used.`,
    default: OnFailure.Deny,
  });
}

/** Hooks to the operator's own server: docs/HOOKS.md. */
export const HOOK_SETTINGS = {
  OUTCRY_HOOKS_CONNECT_URL: url('before a connection begins, and before a new token is taken: docs/HOOKS.md'),
  OUTCRY_HOOKS_JOIN_URL: url('before a session joins a room, where the rule of the room does not say otherwise'),
  OUTCRY_HOOKS_PUBLISH_URL: url(
    'before a session publishes in a room, where the rule of the room does not say otherwise',
  ),
  OUTCRY_HOOKS_RPC_URL: optionalText(URL_TEXT, {
    meaning: 'Your server answers here what clients call for. Unset: nobody does, and `call` is refused.',
  }),
  OUTCRY_HOOKS_SECRET: optionalText(SECRET_TEXT, {
    meaning: 'Signs what your server is asked (HMAC-SHA256, Standard Webhooks). Required with any OUTCRY_HOOKS_*_URL.',
    isSecret: true,
  }),
  OUTCRY_HOOKS_CONNECT_ON_FAILURE: onFailure('a connection'),
  OUTCRY_HOOKS_JOIN_ON_FAILURE: onFailure('a join'),
  OUTCRY_HOOKS_PUBLISH_ON_FAILURE: onFailure('a publish'),
  OUTCRY_HOOKS_DEADLINE_MS: integer({
    meaning: 'How long your server has for an answer, connecting included.',
    min: 10,
    max: 30_000,
    default: 1000,
  }),
  OUTCRY_HOOKS_MAX_IN_FLIGHT: integer({
    meaning:
      'Questions of one kind that may wait for their answers, and a quarter of them of one user; one more counts as not answered, at once. As many connections are kept.',
    min: 1,
    max: 10_000,
    default: 64,
  }),
  OUTCRY_HOOKS_MAX_ANSWER_BYTES: integer({
    meaning: 'Largest answer of your server; a larger one cannot be used.',
    min: 256,
    max: 1024 * KIB,
    default: 64 * KIB,
  }),
  OUTCRY_HOOKS_RPC_MAX_PER_SESSION: integer({
    meaning:
      'Calls of one session that your server is asked at once. Up to 128 wait for their turn; one more is refused with `unavailable`.',
    min: 1,
    max: 1000,
    default: 16,
  }),
  OUTCRY_HOOKS_BREAKER_OPEN_MS: integer({
    meaning:
      'How long your server is not asked once more than half of its last 20 answers failed (of 10 at least). Then one question tells whether it is back.',
    min: 100,
    max: 600_000,
    default: 5000,
  }),
  OUTCRY_HOOKS_PLAIN_HTTP: boolean({
    meaning:
      'Lets the URLs of hooks be `http`, of this host or its private network, whose addresses alone are connected to.',
    default: false,
  }),
} as const;

export type HookSettings = SettingValues<typeof HOOK_SETTINGS>;

/** How one hook is asked. */
export interface HookConfig {
  readonly url: string;
  readonly onFailure: OnFailure;
}

/** How all of them are. Times in milliseconds. */
export interface AskingConfig {
  readonly secret: string;
  readonly deadlineMs: number;
  readonly maxInFlight: number;
  readonly maxAnswerBytes: number;
  readonly breakerOpenMs: number;
}

/** How what clients call for is asked. Nobody else could answer, so there is no rule for that. */
export interface RpcConfig {
  readonly url: string;
  /** At once. */
  readonly maxPerSession: number;
}

export interface HooksConfig {
  readonly asking: AskingConfig;
  readonly connect: HookConfig | undefined;
  readonly join: HookConfig | undefined;
  readonly publish: HookConfig | undefined;
  readonly rpc: RpcConfig | undefined;
}

/** Undefined where no server is asked. */
export function hooksConfigOf(settings: HookSettings): HooksConfig | undefined {
  const { OUTCRY_HOOKS_SECRET: secret } = settings;
  if (secret === undefined || urlsOf(settings).length === 0) return undefined;
  return {
    asking: {
      secret,
      deadlineMs: settings.OUTCRY_HOOKS_DEADLINE_MS,
      maxInFlight: settings.OUTCRY_HOOKS_MAX_IN_FLIGHT,
      maxAnswerBytes: settings.OUTCRY_HOOKS_MAX_ANSWER_BYTES,
      breakerOpenMs: settings.OUTCRY_HOOKS_BREAKER_OPEN_MS,
    },
    connect: hookOf(settings.OUTCRY_HOOKS_CONNECT_URL, settings.OUTCRY_HOOKS_CONNECT_ON_FAILURE),
    join: hookOf(settings.OUTCRY_HOOKS_JOIN_URL, settings.OUTCRY_HOOKS_JOIN_ON_FAILURE),
    publish: hookOf(settings.OUTCRY_HOOKS_PUBLISH_URL, settings.OUTCRY_HOOKS_PUBLISH_ON_FAILURE),
    rpc: rpcOf(settings.OUTCRY_HOOKS_RPC_URL, settings.OUTCRY_HOOKS_RPC_MAX_PER_SESSION),
  };
}

function hookOf(hookUrl: string | undefined, rule: OnFailure): HookConfig | undefined {
  return hookUrl === undefined ? undefined : { url: hookUrl, onFailure: rule };
}

function rpcOf(url: string | undefined, maxPerSession: number): RpcConfig | undefined {
  return url === undefined ? undefined : { url, maxPerSession };
}

export function problemsOfHooks(settings: HookSettings): readonly string[] {
  const urls = urlsOf(settings);
  const mayBePlain = settings.OUTCRY_HOOKS_PLAIN_HTTP;
  const problems = urls
    .filter(([, value]) => !isHookUrl(value, { mayBePlain }))
    .map(([name]) => `${name}: expected ${hookUrlWords('OUTCRY_HOOKS_PLAIN_HTTP')}`);
  if (urls.length > 0 && settings.OUTCRY_HOOKS_SECRET === undefined) {
    problems.push('OUTCRY_HOOKS_SECRET: required where a hook has a URL');
  }
  return problems;
}

/** Those that are set, by the name of the setting. */
function urlsOf(settings: HookSettings): readonly (readonly [string, string])[] {
  const { OUTCRY_HOOKS_CONNECT_URL, OUTCRY_HOOKS_JOIN_URL, OUTCRY_HOOKS_PUBLISH_URL, OUTCRY_HOOKS_RPC_URL } = settings;
  const urls = { OUTCRY_HOOKS_CONNECT_URL, OUTCRY_HOOKS_JOIN_URL, OUTCRY_HOOKS_PUBLISH_URL, OUTCRY_HOOKS_RPC_URL };
  return Object.entries(urls).filter((entry): entry is [string, string] => entry[1] !== undefined);
}
