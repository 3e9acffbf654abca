import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

import { describe, expect, it } from 'vitest';
import { signRequest } from '@outcry/webhook';

const SECRET = 'a-secret-of-at-least-thirty-two-characters';
const BODY = '{"hook":"connect","user":"Zoë"}';
const NOW_MS = 1_800_000_000_000;
const headers = signRequest({ id: 'msg_1', at: NOW_MS, body: BODY }, SECRET);

const document = readFileSync(new URL('../../../../docs/HOOKS.md', import.meta.url), 'utf8');

function codeIn(language: string): string {
  const code = new RegExp(`\`\`\`${language}\n([^]*?)\`\`\``).exec(document)?.[1];
  if (code === undefined) throw new Error(`docs/HOOKS.md has no code in ${language}`);
  return code;
}

interface Attempt {
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly secret?: string;
  readonly nowMs?: number;
}

type Verify = (attempt: Attempt) => Promise<boolean>;

const VERIFIERS: Readonly<Record<string, Verify>> = {
  js: async ({ headers: given = headers, body = BODY, secret = SECRET, nowMs = NOW_MS }) => {
    const source = `data:text/javascript,${encodeURIComponent(codeIn('js'))}`;
    const { isGenuine } = (await import(/* @vite-ignore */ source)) as {
      isGenuine: (...given: readonly [headers: object, body: string, secret: string, nowMs: number]) => boolean;
    };
    return isGenuine(given, body, secret, nowMs);
  },
  python: ({ headers: given = headers, body = BODY, secret = SECRET, nowMs = NOW_MS }) => {
    const call = 'a = json.load(sys.stdin); print(is_genuine(a["h"], a["b"].encode(), a["s"], a["n"]))';
    const input = JSON.stringify({ h: given, b: body, s: secret, n: nowMs / 1000 });
    const printed = execFileSync('python3', ['-c', `import json, sys\n${codeIn('python')}\n${call}`], { input });
    return Promise.resolve(printed.toString().trim() === 'True');
  },
};

describe.each(Object.entries(VERIFIERS))('what docs/HOOKS.md verifies with in %s', (_, verify) => {
  it('takes what the gateway has signed', async () => {
    expect(await verify({})).toBe(true);
  });

  it.each([
    ['another body', { body: BODY.replace('connect', 'refresh') }],
    ['another secret', { secret: 'another secret' }],
    ['another time', { headers: { ...headers, 'webhook-timestamp': String(NOW_MS / 1000 + 1) } }],
    ['another id', { headers: { ...headers, 'webhook-id': 'msg_2' } }],
    ['no signature', { headers: { ...headers, 'webhook-signature': '' } }],
    ['what is old', { nowMs: NOW_MS + 301_000 }],
  ])('does not take %s', async (__, attempt) => {
    expect(await verify(attempt)).toBe(false);
  });
});
